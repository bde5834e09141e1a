"""Laws of finding the grid of a place: by brute force over the polygons, and on the names of the real county."""

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_model.places import CANDIDATES, Found, Located, Places
from grid_model.tree import Grid, Tree, UnknownGrid

DIVISIONS = Path(__file__).parents[2] / "dispatch" / "demo" / "xingxian_divisions.csv"


def read_county():
    """The real divisions, and three grids under each village with names that all villages share."""
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = {row["code"]: number for number, row in enumerate(rows, 1)}
    grids = [
        Grid(
            ids[row["code"]],
            row["code"],
            row["name"],
            len(row["code"]) // 3,
            "层",
            row["kind"],
            ids.get(row["parent_code"]),
        )
        for row in rows
    ]
    for row in rows:
        if row["kind"] == "village":
            for number in ("1", "2", "12"):
                at = len(grids) + 1
                grids.append(
                    Grid(at, row["code"] + number.zfill(3), f"网格{number}", 5, "格", "grid", ids[row["code"]])
                )
    return Tree(grids)


COUNTY = read_county()
PLACES = Places(COUNTY, {})
TOWNSHIPS = [COUNTY.grid(at) for at in COUNTY.children(COUNTY.root.id)]
VILLAGES = [(town, COUNTY.grid(at)) for town in TOWNSHIPS for at in COUNTY.children(town.id)]


def bare(name):
    return re.sub("(?<=..)(镇|乡|社区居委会|村?村委会|村?村委)$", "", name)


def square(low, left, size):
    return shapely.box(low, left, low + size, left + size)


@st.composite
def maps(draw):
    """A random tree with squares on a small lattice, so that borders, overlaps and gaps are all common."""
    grids = [Grid(1, "000", "根", 0, "层", "county", None)]
    for at in range(2, draw(st.integers(1, 12)) + 2):
        above = draw(st.sampled_from(grids))
        active = draw(st.integers(0, 5)) > 0
        grids.append(Grid(at, f"{at:03}", f"格{at}", above.level + 1, "层", "grid", above.id, active))
    lattice = st.integers(0, 4)
    drawn = draw(st.lists(st.sampled_from(grids), unique_by=lambda grid: grid.id))
    shapes = {grid.id: square(draw(lattice), draw(lattice), draw(st.integers(1, 4))) for grid in drawn}
    return Tree(grids), shapes


@settings(max_examples=200)
@given(maps(), st.integers(-1, 18), st.integers(-1, 18))
def test_a_point_is_found_as_by_looking_at_every_polygon(drawn, east, north):
    tree, shapes = drawn
    lon, lat = east / 2, north / 2
    point = shapely.Point(lon, lat)
    holding = [at for at, shape in shapes.items() if tree.grid(at).active and shape.covers(point)]
    deepest = {at for at in holding if not any(other != at and tree.within(other, at) for other in holding)}
    inside = [at for at in deepest if shapes[at].contains(point)]
    found = Places(tree, {at: shape.wkb for at, shape in shapes.items()}).by_point(lon, lat)
    if not holding:
        assert found == Found(tree.root.id, Located.OUTSIDE, ())
        return
    assert set(found.candidates) == deepest
    assert found.grid_id == tree.lowest_common_ancestor(deepest)
    if len(deepest) == 1:
        assert found.rule is Located.POINT
    else:
        assert found.rule is (Located.SEVERAL_CANDIDATES if len(inside) > 1 else Located.BORDER)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(float("nan"), 0), (0, float("inf")), (float("-inf"), 0), (180.001, 0), (0, -90.001), (1e308, 1e308)],
)
def test_a_point_that_is_not_on_earth_is_refused(lon, lat):
    with pytest.raises(ValueError, match="no point on earth"):
        PLACES.by_point(lon, lat)


def test_without_polygons_every_point_is_outside():
    assert PLACES.by_point(111.1, 38.5) == Found(COUNTY.root.id, Located.OUTSIDE, ())


def test_a_polygon_that_crosses_itself_still_holds_its_halves():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    places = Places(COUNTY, {5: bow.wkb})
    assert places.by_point(0.2, 1).grid_id == 5
    assert places.by_point(1.8, 1).grid_id == 5
    assert places.by_point(1, 0.2).rule is Located.OUTSIDE


def test_polygons_and_aliases_of_grids_that_do_not_exist_are_refused():
    with pytest.raises(UnknownGrid):
        Places(COUNTY, {10**6: square(0, 0, 1).wkb})
    with pytest.raises(UnknownGrid):
        Places(COUNTY, {}, [("老供销社", 10**6)])


def test_a_code_finds_its_grid_and_an_unknown_one_finds_none():
    village = VILLAGES[0][1]
    assert PLACES.by_code(village.code) == Found(village.id, Located.CODE, (village.id,))
    assert PLACES.by_code("000") == Found(None, Located.UNKNOWN, ())


def test_a_grid_that_is_no_longer_active_is_taken_over_by_the_one_above():
    tree = Tree(
        [
            Grid(1, "1", "某某县", 0, "县", "county", None),
            Grid(2, "11", "甲乙镇", 1, "镇", "township", 1),
            Grid(3, "111", "丙丁村", 2, "村", "village", 2, active=False),
        ]
    )
    places = Places(tree, {2: square(0, 0, 2).wkb, 3: square(0, 0, 1).wkb}, [("旧名", 3)])
    assert places.by_code("111") == Found(2, Located.CODE, (3,))
    assert places.by_point(0.5, 0.5) == Found(2, Located.POINT, (2,))
    assert places.by_address("丙丁村旧名").rule is Located.UNKNOWN


@pytest.mark.parametrize(("town", "village"), VILLAGES, ids=lambda grid: grid.code)
def test_each_real_village_is_found_under_its_township_however_it_is_written(town, village):
    texts = [
        f"兴县{town.name}{village.name}",
        f"{village.name}({town.name})",
        f"山西省吕梁市{town.name}\t{village.name}旁",
    ]
    own = bare(village.name)
    if [bare(COUNTY.grid(at).name) for at in (town.id, *COUNTY.children(town.id))].count(own) == 1:
        texts += [
            f"山西省吕梁市兴县 {bare(town.name)} {own}",
            f"{town.name}，{own}路口的路灯坏了",
            f"{own}，{town.name}",
        ]
    for text in texts:
        assert PLACES.by_address(text) == Found(village.id, Located.ADDRESS, (village.id,)), text


def test_a_village_and_a_community_of_one_name_are_told_apart_by_what_follows():
    village, community = (
        next(grid for _, grid in VILLAGES if grid.name == name) for name in ("西关村委会", "西关社区居委会")
    )
    assert PLACES.by_address("蔚汾镇西关村").grid_id == village.id
    assert PLACES.by_address("蔚汾镇西关社区").grid_id == community.id
    assert PLACES.by_address("蔚汾镇西关") == Found(
        village.parent_id, Located.SEVERAL_CANDIDATES, (community.id, village.id)
    )


def test_a_village_name_that_one_township_has_is_enough():
    times = Counter(bare(village.name) for _, village in VILLAGES)
    towns = {bare(town.name) for town in TOWNSHIPS}
    for _, village in VILLAGES:
        if times[bare(village.name)] == 1 and bare(village.name) not in towns:
            assert PLACES.by_address(bare(village.name)) == Found(village.id, Located.ADDRESS, (village.id,))


def test_a_village_name_of_two_townships_goes_to_the_lowest_grid_above_both_unless_one_is_named():
    both = tuple(village.id for _, village in VILLAGES if village.name == "任家湾村委会")
    assert len(both) == 2
    assert PLACES.by_address("任家湾村") == Found(COUNTY.root.id, Located.SEVERAL_CANDIDATES, both)
    assert PLACES.by_address("瓦塘镇任家湾村").grid_id in both
    assert PLACES.by_address("任家湾村, 高家村镇").grid_id in both
    assert PLACES.by_address("瓦塘镇任家湾").grid_id != PLACES.by_address("高家村镇任家湾").grid_id


def test_a_name_that_township_and_village_share_is_told_apart_by_its_suffix():
    town = next(grid for grid in TOWNSHIPS if grid.name == "瓦塘镇")
    village = next(village for _, village in VILLAGES if village.name == "瓦塘村委会")
    assert PLACES.by_address("瓦塘镇").grid_id == town.id
    assert PLACES.by_address("瓦塘村").grid_id == village.id
    assert PLACES.by_address("瓦塘镇瓦塘").grid_id == village.id
    assert PLACES.by_address("瓦塘") == Found(town.id, Located.SEVERAL_CANDIDATES, (town.id, village.id))


@pytest.mark.parametrize("written", ["网格12", "网格１２", "网 格 1 2", "网\u200b格12", "网格12号门前"])
def test_a_grid_is_found_below_its_village_in_any_width_and_spacing(written):
    village = next(village for _, village in VILLAGES if village.name == "大善村委会")
    grid = COUNTY.by_code(village.code + "012")
    assert PLACES.by_address(f"孟家坪乡大善村{written}") == Found(grid.id, Located.ADDRESS, (grid.id,))
    assert PLACES.by_address(f"{written}，大善村").grid_id == grid.id


def test_a_number_is_not_cut_in_two():
    village = next(village for _, village in VILLAGES if village.name == "大善村委会")
    assert PLACES.by_address("大善村网格123").grid_id == village.id


def test_a_name_that_a_thousand_grids_share_lists_a_few_candidates():
    found = PLACES.by_address("网格2")
    assert (found.grid_id, found.rule) == (COUNTY.root.id, Located.SEVERAL_CANDIDATES)
    assert len(found.candidates) == CANDIDATES


def test_two_full_names_that_contradict_go_to_the_grid_above_both():
    town = next(grid for grid in TOWNSHIPS if grid.name == "蔚汾镇")
    found = PLACES.by_address("东关村和西关村之间")
    assert (found.grid_id, found.rule, len(found.candidates)) == (town.id, Located.SEVERAL_CANDIDATES, 2)


def test_a_word_that_is_a_bare_name_elsewhere_does_not_contradict_a_full_name():
    village = next(village for _, village in VILLAGES if village.name == "大善村委会")
    assert PLACES.by_address("孟家坪乡大善村，长乐药店旁").grid_id == village.id


def test_an_alias_is_a_name():
    village = VILLAGES[3][1]
    places = Places(COUNTY, {}, [("老供销社", village.id)])
    assert places.by_address("老供销社对面") == Found(village.id, Located.ADDRESS, (village.id,))


def test_a_grid_s_name_may_leave_out_the_village_it_repeats():
    tree = Tree(
        [
            Grid(1, "1", "某某县", 0, "县", "county", None),
            Grid(2, "11", "甲乙村", 1, "村", "village", 1),
            Grid(3, "12", "丙丁村", 1, "村", "village", 1),
            Grid(4, "111", "甲乙村第一网格", 2, "格", "grid", 2),
            Grid(5, "121", "丙丁村第一网格", 2, "格", "grid", 3),
        ]
    )
    places = Places(tree, {})
    assert places.by_address("甲乙村第一网格").grid_id == 4
    assert places.by_address("丙丁村民委员会 第一网格").grid_id == 5
    assert places.by_address("第一网格") == Found(1, Located.SEVERAL_CANDIDATES, (4, 5))


def test_each_level_may_repeat_the_names_above_it_or_leave_them_out():
    tree = Tree(
        [
            Grid(1, "1", "某某县", 0, "县", "county", None),
            Grid(2, "11", "甲乙村委会", 1, "村", "village", 1),
            Grid(3, "12", "丙丁村委会", 1, "村", "village", 1),
            Grid(4, "111", "甲乙村第一网格", 2, "格", "grid", 2),
            Grid(5, "121", "丙丁村第一网格", 2, "格", "grid", 3),
            Grid(6, "1111", "第一网格二组", 3, "组", "grid", 4),
            Grid(7, "1211", "第一网格二组", 3, "组", "grid", 5),
            Grid(8, "11111", "第一网格二组3片", 4, "片", "grid", 6),
        ]
    )
    places = Places(tree, {})
    assert places.by_address("甲乙村第一网格二组3片").grid_id == 8
    assert places.by_address("甲乙村 第一网格二组").grid_id == 6
    assert places.by_address("丙丁村委会二组").grid_id == 7
    assert places.by_address("丙丁村第一网格十二组").grid_id == 5


@pytest.mark.parametrize("text", ["", "   ", "\x00\x07", "😀" * 50, "不知道在哪里", "村", "\ud800"])
def test_a_text_without_a_name_goes_to_the_root(text):
    assert PLACES.by_address(text) == Found(COUNTY.root.id, Located.UNKNOWN, ())


def test_only_the_beginning_of_a_very_long_text_is_searched():
    village = VILLAGES[0][1]
    assert PLACES.by_address(village.name + "。" * 100_000).grid_id == village.id
    assert PLACES.by_address("。" * 100_000 + village.name).rule is Located.UNKNOWN


@given(
    st.text()
    | st.lists(st.sampled_from(["瓦塘", "镇", "村", "任家湾", "网格1", "2", " ", "兴县", "大善"])).map("".join)
)
def test_any_text_is_answered_by_a_grid_above_all_its_candidates(text):
    found = PLACES.by_address(text)
    assert all(COUNTY.within(at, found.grid_id) for at in found.candidates)
    assert (found.rule is Located.ADDRESS) == (found.candidates == (found.grid_id,))


def test_importing_the_module_does_not_import_shapely():
    code = "import sys, grid_model.places; sys.exit('shapely' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=DIVISIONS.parents[2])
