"""jetblob.sync in Python, its large works: the same arguments and output as the other contenders."""

import json
import sys
import time

import jetblob.sync


def main() -> None:
    place, name, work, *what = sys.argv[1:]
    with jetblob.sync.Store.open(place) as store:
        bucket = store.bucket(name)
        start = time.perf_counter()
        if work == "put-file":
            with open(what[0], "rb") as file:
                bucket.put("large", file)
        elif work == "get-file":
            with bucket.get("large") as object:
                for _ in object.chunks():
                    pass
        else:
            sys.exit(f"does no {work} here")
        print(json.dumps({"seconds": time.perf_counter() - start}))


main()
