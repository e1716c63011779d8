"""What a program and its caller agree on: the context that every entry point gets, and the memory that training threads
share. It is separate from the code that writes programs, so that one found on disk runs without that code.
"""

# Slots of the context, 8 bytes each, before the arguments.
ARENA_SLOT, ORDER_SLOT, SYNC_SLOT, TOTAL_SLOT, BATCH_SLOT, STEPS_SLOT, YIELD_SLOT, SHARES_SLOT = range(8)
# Of steps that several ranks do together: the function that exchanges totals, the rank's first block, and the images of
# a batch, and of the run, of all ranks.
EXCHANGE_SLOT, FIRST_BLOCK_SLOT, BATCH_OF_ALL_SLOT, TOTAL_OF_ALL_SLOT = range(8, 12)
HEADER_SLOTS = 12

# Fields of the memory that training threads share, a cache line each.
NEXT, FINISHED, STOP_REQUEST, DONE, PATIENCE = (64 * line for line in range(5))
SYNC_NBYTES = 64 * 5
GENERATION = NEXT + 8  # the number of the stage, in the line of the counter
ALARM = STOP_REQUEST + 8  # set if an image turns out to have a value that is not finite

PIECE_BITS, STAGE_BITS = 20, 24  # of the counter: twice pieces, then the number of the stage
MOST_PIECES = 2 ** (PIECE_BITS - 1)  # of a stage; threads draw beyond the last one, once each

SPINS = 4000  # pauses (about 50 us) before a waiting thread yields its processor, if there is one for each thread

# A helper that waits for work in native code (see `codegen/handoff.py`): a line for each of what it and others write.
HELPER_STATE, HELPER_ASLEEP, HELPER_WORK = (64 * line for line in range(3))
HELPER_CONTEXT, HELPER_SCRATCH, HELPER_NUMBER = (HELPER_WORK + 8 * field for field in range(1, 4))
HELPER_NBYTES = 64 * 3
IDLE, POSTED, TAKEN = range(3)

# What threads that compute beside many others share, and what each of their programs adds: a pointer to the former, and
# one to its function.
CROWD_RETURNING, CROWD_PATIENCE = 0, 8
CROWD_NBYTES = 64
GUEST_CROWD, GUEST_INFER = 0, 8
