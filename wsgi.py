"""For any WSGI server: `wsgi:application` is the web side of the installation that the environment describes.

`surveyor web` is what we ship and measure. Behind a proxy that buffers bodies another server may be used, for example
`granian --interface wsgi --respawn-failed-workers wsgi:application`.
"""

import os

from surveyor import logs
from surveyor.app import build_services, create_app
from surveyor.settings import Settings, with_keys

_settings = with_keys(Settings.read(os.environ))
logs.configure(key=_settings.secret_keys[-1])
application = create_app(build_services(_settings))
