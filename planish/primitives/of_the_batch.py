"""Operations whose results depend on which, or how many, images are in a batch."""

OF_THE_BATCH = frozenset(
    {
        *("batch_max", "batch_ranks", "batch_size", "batch_sum", "circle_sums", "circle_sums_grad", "other_images"),
        *("share_size", "total"),
    }
)

MIXING = frozenset({"batch_ranks", "circle_sums", "circle_sums_grad", "other_images"})
"""Those that need the images themselves of the whole batch, not only sums over it."""
