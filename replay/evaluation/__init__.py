"""How good the whole chain is: the simulated fleet, watched by its monitors, judged against the truth.

=============  ====================================================================================
``trials``     which cases happen where and when: drawn once, by the seeds
``running``    one trial: learn a station, then watch what becomes of it, in as many processes as wanted
``judging``    what was said beside what was true: detected, false, sensor or machine
``summary``    the figures
=============  ====================================================================================
"""
