"""The provinces: their GB/T 2260 codes and the short names on licences."""

PROVINCES = {
    "11": "京",
    "12": "津",
    "13": "冀",
    "14": "晋",
    "15": "蒙",
    "21": "辽",
    "22": "吉",
    "23": "黑",
    "31": "沪",
    "32": "苏",
    "33": "浙",
    "34": "皖",
    "35": "闽",
    "36": "赣",
    "37": "鲁",
    "41": "豫",
    "42": "鄂",
    "43": "湘",
    "44": "粤",
    "45": "桂",
    "46": "琼",
    "50": "渝",
    "51": "川",
    "52": "贵",
    "53": "云",
    "54": "藏",
    "61": "陕",
    "62": "甘",
    "63": "青",
    "64": "宁",
    "65": "新",
}
# Five provinces have a second official short name.
SHORT_NAMES = frozenset(PROVINCES.values()) | frozenset("蜀黔滇秦陇")
# Taiwan, Hong Kong and Macao; 83 is used on residence permits for Taiwan people.
OUTER_CODES = frozenset({"71", "81", "82", "83"})
