"""Callbacks: what happens between the steps and epochs of `fit`, `evaluate` and `predict`."""

from typing import TYPE_CHECKING

from planish import absent
from planish.callbacks.backup_and_restore import BackupAndRestore
from planish.callbacks.callback import Callback
from planish.callbacks.callback_list import CallbackList
from planish.callbacks.csv_logger import CSVLogger
from planish.callbacks.early_stopping import EarlyStopping
from planish.callbacks.history import History
from planish.callbacks.lambda_callback import LambdaCallback
from planish.callbacks.learning_rate_scheduler import LearningRateScheduler
from planish.callbacks.model_checkpoint import ModelCheckpoint
from planish.callbacks.progbar_logger import ProgbarLogger
from planish.callbacks.progress_bar import ProgressBar
from planish.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from planish.callbacks.swap_ema_weights import SwapEMAWeights
from planish.callbacks.tensor_board import TensorBoard
from planish.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ProgressBar",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("callbacks")
