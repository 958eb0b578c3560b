"""What happens to one person over time, from an order to the last email of a cycle: one implementation, three drivers.

The database pipeline, the replay of files and the written cases call these functions, keep the effects that they return
and come back at the instants that they name. They change the `Person` given, read no clock, and raise only on defects.

    order_known, order_fulfilled, history_known     an order, or its missing date, was received
    order_cancelled                                 cancelled, or refunded in full
    at_sending                                      an invitation is due: Go, Later or Drop
    invitation_sent, invitation_failed, invitation_dropped      what became of it
    occurrence_due                                  the planned instant of a cycle: Later or Acted
    reminder_due                                    the planned instant of a reminder: Go, Later or Drop

Publishing rules, an opposition, a pause and "less often" change nothing at once: they are seen by the next call.
"""

from surveyor.core.journey.cycles import occurrence_due
from surveyor.core.journey.effects import (
    Acted,
    CycleEnded,
    CyclePlanned,
    Decided,
    Drop,
    Effect,
    Go,
    InvitationEnded,
    Invited,
    Later,
    Reminder,
    ReminderPlanned,
)
from surveyor.core.journey.endings import invitation_dropped, invitation_failed, invitation_sent
from surveyor.core.journey.orders import history_known, order_cancelled, order_fulfilled, order_known
from surveyor.core.journey.reminders import postponed, reminder_due
from surveyor.core.journey.sending import at_sending

__all__ = [
    "Acted",
    "CycleEnded",
    "CyclePlanned",
    "Decided",
    "Drop",
    "Effect",
    "Go",
    "InvitationEnded",
    "Invited",
    "Later",
    "Reminder",
    "ReminderPlanned",
    "at_sending",
    "history_known",
    "invitation_dropped",
    "invitation_failed",
    "invitation_sent",
    "occurrence_due",
    "order_cancelled",
    "order_fulfilled",
    "order_known",
    "postponed",
    "reminder_due",
]
