"""What a program and its caller agree on: the context that every entry point is given, and the memory that threads of
training meet in. Apart from the code that writes programs, so that one found on disk runs without it.
"""

# Slots of the context, 8 bytes each, before the arguments.
ARENA_SLOT, ORDER_SLOT, SYNC_SLOT, TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT, YIELD_SLOT, SHARES_SLOT = range(8)
HEADER_SLOTS = 8

# Places in the memory that threads meet in, a cache line each.
NEXT, FINISHED, STOP_REQUEST, DONE, PATIENCE = (64 * line for line in range(5))
SYNC_NBYTES = 64 * 5
GENERATION = NEXT + 8  # the number of the stage, in the line of the counter
ALARM = STOP_REQUEST + 8  # set where an image turns out to hold what is not finite

SPINS = 4000  # pauses (about 50 us) before a waiting thread gives its processor away, if there is one for each thread
