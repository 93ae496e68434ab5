"""The update of Muon (Jordan et al., 2024, github.com/KellerJordan/Muon), which the recipes shape to their networks' matrices."""

import collections

import torch


def orthogonalised(matrices: torch.Tensor) -> torch.Tensor:
    """`[n, rows, columns]`: five quintic Newton-Schulz steps towards U Vᵀ."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)  # a x + (b gram + c gram²) x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised (github.com/KellerJordan/Muon). A convolution is a matrix `[out, in · 3 · 3]`."""

    def __init__(self, parameters, lr: float, momentum: float = 0.95):
        super().__init__(parameters, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            parameters, gradients = group["params"], [parameter.grad for parameter in group["params"]]
            momenta = [self.state[each].setdefault("momentum", torch.zeros_like(each)) for each in parameters]
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
            alike: dict[torch.Size, list] = collections.defaultdict(list)
            for parameter, update in zip(parameters, updates):
                alike[parameter.shape].append((parameter, update.flatten(1)))
            for shape, pairs in alike.items():  # one batched product for all weights of a shape
                updates = orthogonalised(torch.stack([update for _, update in pairs]))
                scale = max(1, updates.shape[1] / updates.shape[2]) ** 0.5
                updates = [update.view(shape) for update in updates]
                torch._foreach_add_([parameter for parameter, _ in pairs], updates, alpha=-group["lr"] * scale)


def take_step(muon: Muon, adam: torch.optim.Optimizer) -> None:
    """A step of both, after which there are no gradients. Muon's updates have a fixed size already: AdamW's are clipped."""
    torch.nn.utils.clip_grad_norm_(adam.param_groups[0]["params"], 1.0)
    for optimiser in (muon, adam):
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
