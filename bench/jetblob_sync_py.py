"""jetblob.sync in Python, its large works: the same arguments and output as the other contenders."""

import sys
import time

import jetblob.sync


def main() -> None:
    place, name, work, what = [*sys.argv[1:], ""][:4]
    with jetblob.sync.Store.open(place) as store:
        bucket = store.bucket(name)
        start = time.perf_counter()
        if work == "put-file":
            with open(what, "rb") as file:
                bucket.put("large", file)
        else:
            with bucket.get("large") as object:
                for _ in object.chunks():
                    pass
        print(time.perf_counter() - start)


main()
