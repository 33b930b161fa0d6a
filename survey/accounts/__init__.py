"""Accounts of staff: who may sign in, how they prove it, and for how long that holds.

A member of staff has a name here, and never an answer; see `survey.policy` for who may do what. Nothing in
this room knows the web. May import the ground of survey (db, models, moments, audit, keys, sealing),
`studies` and `policy`.

    people          accounts, their role and scope; inviting, resetting and closing them
    invitations     the single-use secret with which an account begins, or begins anew
    passwords       argon2id, and what is too easy to guess
    second_factor   TOTP codes, each good once, their keys sealed, and recovery codes for a lost phone
    throttle        failures slow down who fails, and nobody else
    sessions        a signed-in browser: idle and absolute limits, and a recent proof for what matters
    signing_in      the steps from a name to a session
"""
