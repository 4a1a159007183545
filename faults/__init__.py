"""The fault lab: it breaks things on purpose beside the real services, and watches what they promise meanwhile.

    scripts/faults [--minutes 10] [--seed N] [--only FAULT] [--short]

`plan.py` makes a plan from a seed: which fault, when, for how long. `campaign.py` carries it out on the services of
`stack.py`, which have a network, mounts and process numbers of their own. Cameras (`camera.py`) paint the time into
their pictures, so what viewers (`viewers/`) and the archive have can be compared with the truth. `observer.py` gathers
these facts (`facts.py`) and puts them to the promises (`promises/`): pure classes that find breaches in facts. Faults
are in `kinds/`, by what they break. `report.py` sums up; `timeline.py` tells what happened around a breach.

The lab's machine may be busy. `lateness.py` measures how late the lab itself runs, and how long the services waited for
a CPU. Bounds of time are extended by that. A stretch in which the lab was late says nothing of lost frames, and is not
judged for them.
"""
