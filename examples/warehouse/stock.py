"""The source of the warehouse's stock."""

import dlt

SHELVES = {"bolts": 120, "nuts": 80, "washers": 3}


@dlt.source(name="stock")
def stock():
    @dlt.resource(primary_key="item", write_disposition="merge")
    def shelves():
        yield [{"item": item, "count": count} for item, count in SHELVES.items()]

    return shelves
