"""A county of three townships, small enough to be read again in no time."""

from collections.abc import AsyncIterator

import pytest

from dispatch.settings import Settings
from dispatch.storage.database import Database
from dispatch.usecases.service import Service

SMALL = """
INSERT INTO grids (id, code, name, level, level_name, kind, parent_id, lo, hi) VALUES
    (1, '141123', '兴县', 0, '县', 'county', NULL, 0, 8),
    (2, '141123100', '蔚汾镇', 1, '乡镇', 'township', 1, 1, 4),
    (3, '141123100016', '东城社区', 2, '村', 'village', 2, 2, 3),
    (4, '141123100017', '西城社区', 2, '村', 'village', 2, 3, 4),
    (5, '141123101', '魏家滩镇', 1, '乡镇', 'township', 1, 4, 6),
    (6, '141123101200', '南沟村', 2, '村', 'village', 5, 5, 6),
    (7, '141123102', '瓦塘镇', 1, '乡镇', 'township', 1, 6, 8),
    (8, '141123102200', '北沟村', 2, '村', 'village', 7, 7, 8);
INSERT INTO branches (id, code, name, kind, grid_id)
    SELECT id, 'B' || code, name || '党组织', CASE WHEN level < 2 THEN 'committee' ELSE 'branch' END, id FROM grids;
INSERT INTO branches (id, code, name, kind, grid_id)
    SELECT id + 10, 'D' || code, name || '部门', 'desk', id FROM grids WHERE level < 2;
INSERT INTO categories (code, name, parent_code, owner, urgency) VALUES
    ('09', '矛盾纠纷', NULL, 'P', 'general'), ('01', '环境卫生', NULL, 'G', 'general'),
    ('10', '民生帮扶', NULL, 'P', 'general'), ('02', '公共设施', NULL, 'D', 'general'),
    ('0901', '邻里', '09', 'P', 'general'), ('0101', '暴露垃圾', '01', 'G', 'general'),
    ('1001', '探访', '10', 'P', 'general'), ('0203', '路面破损', '02', 'D', 'general');
INSERT INTO people (id, code, capacity) SELECT n, 'P' || n, 3 FROM generate_series(1, 60) AS n;
INSERT INTO person_contacts (person_id, name, phone) SELECT id, '党员' || id, (13900000000 + id)::text FROM people;
INSERT INTO roles (person_id, role, grid_id, branch_id)
    SELECT n, 'member', (ARRAY[3, 4, 6, 8])[n % 4 + 1], (ARRAY[3, 4, 6, 8])[n % 4 + 1] FROM generate_series(2, 51) AS n
    UNION ALL SELECT 52, 'desk_officer', 2, 12 UNION ALL SELECT 53, 'desk_officer', 2, 12;
SELECT setval(pg_get_serial_sequence('branches', 'id'), 100), setval(pg_get_serial_sequence('grids', 'id'), 100);
"""


@pytest.fixture
async def small_county(database_url: str) -> AsyncIterator[Service]:
    """The service on that county: fifty members in four villages, a committee and a desk above them."""
    database = await Database.open(database_url, most=1)
    await database.execute(SMALL)
    await database.close()
    opened = await Service.open(Settings(), database_url, connections=8)
    yield opened
    await opened.close()
