"""The update of Muon (Jordan et al., 2024, github.com/KellerJordan/Muon), which the recipes shape to their networks' matrices."""

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
