"""What the player says before the day and after it, beside the table."""

from rich.console import Console

from dispatch.demo.client import Client
from dispatch.demo.pace import DAY, Pace

_HOUR_S = 60 * 60
_CRITICAL_S = 15 * 60
_BESIDE_ZH = "登录、收尾和统计另要时间，机器越忙越久；演完会说明用了多久。"
_BESIDE_EN = (
    "To log people in, to end what is under way and to count takes time beside that, the more the busier the machine; "
    "how long it took is told at the end."
)
_COMMAND = "DISPATCH_CLOCK_RATE=3600 grid-dispatch serve --demo"


def announce(console: Console, pace: Pace, count: int, lang: str) -> None:
    """Say what is going to happen, and of time only what the service's clock fixes: the rest is the machine's."""
    tell = _plain if pace.hurried else _shortened if pace.scale < 1 else _whole
    zh, en = tell(pace, (DAY * pace.scale).total_seconds() / pace.rate + pace.ends_in())
    console.print(f"{count} requests. {en}" if lang == "en" else f"{count} 件点单。{zh}", highlight=False)


def _plain(_pace: Pace, _seconds: float) -> tuple[str, str]:
    zh = (
        "立即提交、办理，不等待：服务时钟是平常速度，这么短的时间里没有时限会到，不会有工单升级。\n"
        f"要看升级，请用快时钟启动服务（一秒为一小时）：{_COMMAND}"
    )
    en = (
        "They are filed and handled at once, without waiting: the service's clock is plain, and nothing can rise in so "
        f"short a time.\nTo see orders rise, start it with a faster clock (an hour a second): {_COMMAND}"
    )
    return zh, en


def _shortened(pace: Pace, seconds: float) -> tuple[str, str]:
    hours = seconds * pace.rate / _HOUR_S
    zh = (
        f"服务时钟是平常的 {pace.rate:g} 倍：演 {hours:.1f} 小时，按这个时钟是 {seconds:.0f} 秒，"
        f"只有这段时间里到期的才会升级。{_BESIDE_ZH}\n要看更多升级，请用更快的时钟启动服务（一秒为一小时）：{_COMMAND}"
    )
    en = (
        f"The service's clock runs {pace.rate:g} times as fast: {hours:.1f} hours are played, by that clock "
        f"{seconds:.0f} s, and only what is due within them can rise. {_BESIDE_EN}\n"
        f"To see more rise, start it with a faster clock (an hour a second): {_COMMAND}"
    )
    return zh, en


def _whole(pace: Pace, seconds: float) -> tuple[str, str]:
    day, critical = DAY.total_seconds() / pace.rate, _CRITICAL_S / pace.rate
    zh = (
        f"服务时钟是平常的 {pace.rate:g} 倍：按这个时钟，一天是 {day:.3g} 秒，连同之后的几天共 {seconds:.3g} 秒。"
        f"{_BESIDE_ZH}\n突发工单须 15 分钟内接单，在这里只有 {critical:.2g} 秒；机器越忙、时钟越快，升级比实际越多。"
    )
    en = (
        f"The service's clock runs {pace.rate:g} times as fast: by that clock a day is {day:.3g} s, and the play "
        f"{seconds:.3g} s. {_BESIDE_EN}\n"
        f"A critical order is to be accepted within 15 minutes, here {critical:.2g} s: "
        "the busier the machine and the faster the clock, the more rise."
    )
    return zh, en


def conclude(console: Console, client: Client, lang: str, seconds: float) -> None:
    """Say how long it took, in seconds of the wall's time, and what went wrong, or that nothing did."""
    en = lang == "en"
    console.print(f"It took {seconds:.0f} s." if en else f"用时 {seconds:.0f} 秒。", highlight=False)
    lost = client.lost.total()
    if lost:
        zh = f"有 {lost} 次被别人、系统或时限抢先，属正常情况。"
        text = f"{lost} times somebody else, the system or a deadline was first: that is part of a day." if en else zh
        console.print(text, highlight=False)
    if not client.problems:
        console.print("Nothing went wrong." if en else "没有意外。", style="green")
        return
    console.print("The service answered what it should not have:" if en else "服务有意外的回答:", style="bold red")
    for problem, count in client.problems.most_common():
        console.print(f"  {count} × {problem}", style="red", highlight=False, markup=False)
