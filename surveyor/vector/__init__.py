"""The what-if by whole columns: what `decide` would say of a million orders, said for all customers at once.

An optional extra (numpy), loaded by the flow that uses it and by nobody else. It lives what it knows and leaves the
rest, rules and customers alike, to the journey of `core`: `decide` stays the truth.

    unknown_in(rules)              why these rules are not lived here; None when they are
    Orders                         the orders of a table or of a file, by column
    run(orders, regime, period)    what core/replay's `run` says of them
"""
