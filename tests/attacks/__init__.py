"""Attacks on who may come in, played on the services as they are run, where the owner decides at the page.

Each attempt is counted, and each that got in fails its test. The run ends with the counts:

    scripts/test tests/attacks
"""
