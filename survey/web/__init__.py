"""The web: what a browser asks for, and what it gets. Every page works without JavaScript.

Views are thin: they read the request, go through one door of `survey`, and answer. May import Flask,
Werkzeug, WTForms, `survey` and `instruments`; nothing imports it but what starts a server. No SQL here.

    create_app(settings)    the application, ready for a server
    Services                what views need; `app.extensions["meetmoment"]`

The rooms:
    landing     home page, link, leaving          errors      every failure and its page
    family      whose turn it is                  security    cookies, forms, headers
    pocket      what one person is asked, thanks  i18n        interface texts and their fallbacks
    respond     the path of an answer             languages   what a browser's owner reads
    around      language, help                    visitor     who is here, in which edition
    pages       compiled pages of questions       places      which screen is in front
    cards       a person's list                   phrases     small texts that pages share
    forms       what forms send                   looks       the style sheet
    listening   questions read aloud
    calling     asking to be called               accessibility  the statement, and what it rests on
    keeping     each answer as it is given        scripts     our own scripts, none of them needed
"""

from __future__ import annotations

from survey.settings import Settings
from survey.web.application import create_app
from survey.web.services import Services

__all__ = ["Services", "Settings", "create_app"]
