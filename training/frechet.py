"""The distance between two sets of features that the judges of digits and of pictures report as FID."""

import torch


def frechet_distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """Heusel et al. (2017): |mean difference|² + tr(A + B − 2(AB)^½), of the two sets' normal distributions."""
    a, b = a.double(), b.double()
    covariance_a, covariance_b = torch.cov(a.T), torch.cov(b.T)
    # tr((AB)^½) from the eigenvalues of A^½ B A^½, which is symmetric.
    values, vectors = torch.linalg.eigh(covariance_a)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    middle = torch.linalg.eigvalsh(root @ covariance_b @ root).clamp(min=0).sqrt().sum()
    difference = a.mean(0) - b.mean(0)
    return max(0.0, (difference @ difference + covariance_a.trace() + covariance_b.trace() - 2 * middle).item())
