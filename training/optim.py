"""Muon: momentum whose matrices are made orthogonal before they are applied.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks". A filter bank counts
as the matrix (outputs, inputs × height × width). Everything else goes to AdamW.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from training.network import ColourNetwork
from training.settings import Stage

NEWTON_SCHULZ_STEPS = 5
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration, from the publication."""


def orthogonalized(matrix: Tensor) -> Tensor:
    """Return a matrix of about the same singular vectors and singular values near 1."""
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.t() if tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.t()
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.t() if tall else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, weight_decay: float):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Apply one update from the gradients."""
        for group in self.param_groups:
            for weight in group["params"]:
                buffer = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                buffer.lerp_(weight.grad, 1 - group["momentum"])
                update = weight.grad.lerp(buffer, group["momentum"])
                matrix = orthogonalized(update.reshape(len(update), -1))
                scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(matrix.reshape(update.shape), alpha=-group["lr"] * scale)


def make_optimizers(
    network: ColourNetwork, stage: Stage, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Return Muon for the decoder's filters, and AdamW for everything else that is trained.

    The encoder's filters get AdamW: steps of one length in all directions would undo what they
    learned before.
    """
    matrices, encoder, others = [], [], []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(("stem.", "encoder.")):
            encoder.append(parameter)
        elif parameter.ndim >= 2 and not name.startswith("head."):
            matrices.append(parameter)
        else:
            others.append(parameter)
    adam = [
        {"params": encoder, "full_rate": stage.encoder_rate, "weight_decay": weight_decay},
        {"params": others, "full_rate": stage.adam_rate, "weight_decay": 0.0},
    ]
    muon = Muon(matrices, stage.muon_rate, weight_decay)
    muon.param_groups[0]["full_rate"] = stage.muon_rate
    return [muon, torch.optim.AdamW(adam, betas=(0.9, 0.98), fused=True)]
