"""Who says so and where they live, where a message plainly tells it: a name, and the words of a house."""

import re

from dispatch.domain.guesses import Candidate, Guess, Sure

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢"
    "安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路"
    "游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全"
    "佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封"
)
_DOUBLE = "欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|令狐|慕容|夏侯"
_NAME = rf"(?:(?:{_DOUBLE})|[{_SURNAMES}])[\u4e00-\u9fff·]{{1,2}}"
_END = (
    r"(?=$|[\s,，。.!！?？;；、:：)）(（~～\d]"
    r"|住在?|家住|家在?|家里|电话|手机|我家|在[^\n]{1,12}[村区号组]|今年|身份)"
)
_NOT_NAMES = re.compile(
    r"^(?:成年|华侨|高中|农民|全家|全村|文化|包工|连续|时常|和|单身|田里|石头|马上|方便|向|解决|明天|应该)"
)
_STATED = (
    re.compile(
        rf"(?:我叫|我的?名字叫?是?|本人叫?|我名叫|姓名[:：是]?|联系人[:：是]?|户主[:：是]?)\s*(?P<name>{_NAME}){_END}"
    ),
    re.compile(
        rf"(?:^|[\s,，。.!！?？;；、\n(（])(?:您好|你好)?[,，]?我?是(?:[^\s,，。\n]{{2,12}}的)?(?P<name>{_NAME}){_END}",
        re.MULTILINE,
    ),
)
_SURNAME = re.compile(rf"(?:我|本人|免贵|户主)姓(?P<name>(?:{_DOUBLE})|[{_SURNAMES}])(?![\u4e00-\u9fff]{{0,1}}名)")
_SENDER = re.compile(rf"(?P<name>{_NAME})(?=$|[^\u4e00-\u9fff])")

_COUNT = r"(?:[0-9]{1,4}|[一二三四五六七八九十百]{1,4}|[甲乙丙丁东西南北前后中]|[A-Za-z])"
_PART = rf"{_COUNT} ?(?:号楼|栋|幢|座|号院|单元|号门|排|巷|门洞|门|楼|层|户|室|号)"
_HOUSE = re.compile(
    rf"(?<![0-9:])(?:{_PART}|[0-9]{{1,2}}-[0-9]{{1,2}}-[0-9]{{3,4}})"
    rf"(?: ?(?:{_PART}|第?{_PART}|[0-9]{{3,4}}(?![0-9米块元度天年人])))*"
)
_DOOR = re.compile(r"门牌 ?[:：是]? ?[^\s,，。;；\n]{1,10}?[0-9]+号?")
_NO_HOUSE = re.compile(
    r"^(?:[0-9]+层|[一二三四五六七八九十两]+(?:户|层|号|门)|[0-9]+(?:户|号|门)|[东西南北前后中](?:门|户|层|楼|排|号))$"
)


def names(text: str, senders: tuple[str, ...]) -> Guess:
    """Return who the message is from: as it plainly says, or else as the chat names whoever sent it."""
    stated = {
        found["name"]: found[0]
        for one in _STATED
        for found in one.finditer(text)
        if not _NOT_NAMES.match(found["name"])
    }
    candidates = [Candidate(name, (_trimmed(said),)) for name, said in stated.items()]
    if not candidates:
        candidates = [Candidate(found["name"], (found[0],)) for found in _SURNAME.finditer(text)]
    if candidates:
        return Guess(candidates[0].value, Sure.HIGH if len(candidates) == 1 else Sure.LOW, tuple(candidates))
    sent = [Candidate(found["name"], (sender,)) for sender in senders if (found := _SENDER.search(sender))]
    return Guess(sent[0].value, Sure.LOW, tuple(sent)) if sent else Guess()


def houses(text: str) -> Guess:
    """Return the words that tell a house: building, unit, floor, door."""
    found = [one[0].strip() for pattern in (_DOOR, _HOUSE) for one in pattern.finditer(text)]
    whole = [
        one
        for one in dict.fromkeys(found)
        if not _NO_HOUSE.match(one) and not any(one != other and one in other for other in found)
    ]
    whole.sort(key=len, reverse=True)
    candidates = tuple(Candidate(one, (one,)) for one in whole)
    if not candidates:
        return Guess()
    return Guess(whole[0], Sure.HIGH if len(whole) == 1 and len(whole[0]) >= _TELLING else Sure.LOW, candidates)


_TELLING = 4
"""From so many characters on the words of a house tell it rather surely: 3号楼 does not yet say which door."""


def _trimmed(said: str) -> str:
    return said.strip(" ,，。.!！?？;；、\n(（")
