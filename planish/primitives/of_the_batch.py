"""Operations whose results depend on which, or how many, images are in a batch."""

OF_THE_BATCH = frozenset({"batch_max", "batch_ranks", "batch_size", "batch_sum", "other_images"})
