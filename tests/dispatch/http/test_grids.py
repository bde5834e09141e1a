"""The tree, the places, the categories and the lifecycle, as anybody may read them."""

from dispatch.domain import lifecycle
from dispatch.domain.vocabulary import Action, State


async def test_a_grid_shows_its_chain_and_counts_what_lies_below_it(door, fits) -> None:
    status, county = await door.call("GET", "/grids/141123")
    assert status == 200
    fits(county, "GridAnswer")
    assert (county["parent"], county["chain"][0]["code"]) == (None, "141123")
    assert county["counts"]["一级网格"] == 661
    assert county["counts"]["二级网格"] == 2472
    assert county["counts"]["三级网格"] == 1314
    status, village = await door.call("GET", "/grids/141123100016")
    assert [one["code"] for one in village["chain"]] == ["141123100016", "141123100", "141123"]
    assert village["path"].split(" / ")[-1] == village["name"]
    assert "B141123100016" in [branch["id"] for branch in village["branches"]]


async def test_walking_the_children_meets_every_grid_once_with_its_counts(door, fits) -> None:
    met: list[str] = []

    async def walk(code: str) -> int:
        met.append(code)
        status, below = await door.call("GET", f"/grids/{code}/children")
        assert status == 200
        fits(below, "Grids")
        size = sum([await walk(child["code"]) for child in below["items"]])
        _, grid = await door.call("GET", f"/grids/{code}")
        assert (grid["children"], sum(grid["counts"].values())) == (len(below["items"]), size)
        return size + 1

    await walk("141123100016")
    assert len(set(met)) == len(met)
    tree = door.service.world.tree
    assert set(met) == {tree.grid(one).code for one in tree.subtree(tree.by_code("141123100016").id)}


async def test_a_place_is_found_by_code_point_or_address(door, fits) -> None:
    for query, grid, rule in (
        ("code=141123100016", "141123100016", "code"),
        ("address=东城社区", "141123100016", None),
        ("lon=0&lat=0", "141123", "outside"),
        ("address=没有这个地方", "141123", "unknown"),
    ):
        status, found = await door.call("GET", f"/grids/locate?{query}")
        assert status == 200, found
        fits(found, "Located")
        assert (found["grid"] or {}).get("code") == grid, found
        assert rule in (None, found["rule"])
    rows = await door.service.database.fetch(
        "SELECT g.code, p.shape FROM grid_polygons AS p JOIN grids AS g ON g.id = p.grid_id ORDER BY g.id LIMIT 5"
    )
    import shapely  # noqa: PLC0415

    for row in rows:
        point = shapely.from_wkb(bytes(row["shape"])).representative_point()
        status, found = await door.call("GET", f"/grids/locate?lon={point.x!r}&lat={point.y!r}")
        tree = door.service.world.tree
        assert tree.within(tree.by_code(found["grid"]["code"]).id, tree.by_code(row["code"]).id)


async def test_every_category_that_is_listed_can_be_filed(door, fits) -> None:
    status, listed = await door.call("GET", "/categories")
    assert status == 200
    fits(listed, "CategoryAnswer")
    small = [category for large in listed["items"] for category in large["items"]]
    assert len({category["code"] for category in small}) == len(small) > 50
    for category in small:
        order = await door.file(category=category["code"])
        fits(order, "FiledAnswer")
        assert order["category_label"] == {"zh": category["name"], "en": category["name_en"]}
        assert (order["state"] == "redirected") == (category["owner"] == "X")


async def test_the_lifecycle_that_is_shown_is_the_one_that_is_followed(door, fits) -> None:
    status, shown = await door.call("GET", "/lifecycle")
    assert status == 200
    fits(shown, "LifecycleAnswer")
    laws = {(row["from"], row["action"], who, row["to"]) for row in shown["rows"] for who in row["who"]}
    assert laws == {tuple(map(str, law)) for law in lifecycle.laws()}
    assert {one["state"] for one in shown["states"]} == set(State)
    assert {one["action"] for one in shown["actions"]} == set(Action)
