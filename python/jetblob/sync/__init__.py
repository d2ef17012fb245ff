"""The same as :mod:`jetblob`, blocking.

Whatever blocks releases the interpreter, and ends with Ctrl-C. Objects and uploads are real files.

>>> from jetblob.sync import Store
>>> with Store.open(directory) as store:  # or "nats://127.0.0.1:4222"
...     bucket = store.create_bucket("photos")
...     info = bucket.put_string("greeting.txt", "hello")
...     print(bucket.get_string("greeting.txt"))
hello
"""

from ._bucket import Bucket
from ._check import Check
from ._items import Items
from ._object import Object
from ._store import Store
from ._upload import Upload
from ._watch import Watch

__all__ = ["Bucket", "Check", "Items", "Object", "Store", "Upload", "Watch"]
