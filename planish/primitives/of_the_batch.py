"""Operations whose results depend on which, or how many, images are in a batch."""

OF_THE_BATCH = frozenset(
    {"batch_max", "batch_ranks", "batch_size", "batch_sum", "circle_sums", "circle_sums_grad", "other_images"}
)
