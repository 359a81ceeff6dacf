"""Who answers for what: why each source is kept and for how long, what is owed to whom by when, and the papers that say so.

Knows nothing of pages; every paper is written from the workspace as it is, never from a template alone.
"""

from governance.due import Deadline, deadlines
from governance.standing import Standing, Unsaid, standing

__all__ = ["Deadline", "Standing", "Unsaid", "deadlines", "standing"]
