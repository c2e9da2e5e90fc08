"""The shapes in which records are answered. The families of objects register what is special about each."""

from adminboard.stripe.fake.shapes import billing, catalogue, customers, payments
from adminboard.stripe.fake.shapes.shaping import Shape, list_shape, shape

__all__ = ["Shape", "billing", "catalogue", "customers", "list_shape", "payments", "shape"]
