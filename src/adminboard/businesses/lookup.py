"""Choosing businesses by name, in the filters of other lists."""

from sqlalchemy import select

from adminboard.businesses.models import Business
from adminboard.core.listings import Records
from adminboard.core.masking import Mask
from adminboard.users.models import User

business_records = Records(
    Business.id,
    Business.name,
    hint=User.email,
    hint_mask=Mask.EMAIL,
    select=select(Business).outerjoin(User, User.id == Business.owner_id),
)
"""All businesses; the owner's address tells those of one name apart."""
