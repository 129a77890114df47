"""Load a few orders into a DuckDB file: the smallest pipeline that shows tables, nested tables and rows."""

import dlt


@dlt.resource(primary_key="id", write_disposition="merge")
def orders():
    for number in range(1, 101):
        yield {
            "id": number,
            "customer": f"customer-{number % 7}",
            "total": number * 9.5,
            "lines": [{"sku": f"sku-{number}-{line}", "quantity": line + 1} for line in range(number % 3 + 1)],
        }


@dlt.resource(primary_key="name", write_disposition="merge")
def customers():
    yield [{"name": f"customer-{number}", "city": city} for number, city in enumerate(CITIES)]


CITIES = ["Lisbon", "Oslo", "Turin", "Graz", "Porto", "Malmo", "Gent"]


if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    print(pipeline.run([orders(), customers()]))
