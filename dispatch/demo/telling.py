"""What the player says before the day and after it, beside the table."""

from datetime import timedelta

from rich.console import Console

from dispatch.demo.client import Client
from dispatch.demo.pace import DAY, Pace

_CRITICAL_S = 15 * 60
_COMMAND = "DISPATCH_CLOCK_RATE=3600 grid-dispatch serve --demo"


def announce(console: Console, pace: Pace, count: int, lang: str) -> None:
    """Say what is going to happen and how long it takes."""
    tell = _plain if pace.hurried else _shortened if pace.scale < 1 else _whole
    zh, en = tell(pace, (DAY + pace.after) * pace.scale)
    console.print(f"{count} requests. {en}" if lang == "en" else f"{count} 件点单。{zh}", highlight=False)


def _plain(_pace: Pace, _spans: timedelta) -> tuple[str, str]:
    zh = (
        "立即提交、办理，不等待：服务时钟是平常速度，这么短的时间里没有时限会到，不会有工单升级。\n"
        f"要看升级，请用快时钟启动服务（一秒为一小时）：{_COMMAND}"
    )
    en = (
        "They are filed and handled at once, without waiting: the service's clock is plain, and nothing can rise in so "
        f"short a time.\nTo see orders rise, start it with a faster clock (an hour a second): {_COMMAND}"
    )
    return zh, en


def _shortened(pace: Pace, spans: timedelta) -> tuple[str, str]:
    seconds, hours = spans.total_seconds() / pace.rate, spans / timedelta(hours=1)
    zh = (
        f"服务时钟是平常的 {pace.rate:g} 倍：最多约 {seconds:.0f} 秒演完，相当于 {hours:.1f} 小时,"
        f"只有这段时间里到期的才会升级。\n要看更多升级，请用更快的时钟启动服务（一秒为一小时）：{_COMMAND}"
    )
    en = (
        f"The service's clock runs {pace.rate:g} times as fast: the play takes {seconds:.0f} s at the most, which are "
        f"{hours:.1f} hours, and only what is due within them can rise.\n"
        f"To see more rise, start it with a faster clock (an hour a second): {_COMMAND}"
    )
    return zh, en


def _whole(pace: Pace, spans: timedelta) -> tuple[str, str]:
    day, seconds, critical = DAY.total_seconds() / pace.rate, spans.total_seconds() / pace.rate, _CRITICAL_S / pace.rate
    zh = (
        f"服务时钟是平常的 {pace.rate:g} 倍：一天约 {day:.0f} 秒，最多约 {seconds:.0f} 秒演完。"
        f"突发工单须 15 分钟内接单，在这里只有 {critical:.2g} 秒；机器越忙、时钟越快，升级比实际越多。"
    )
    en = (
        f"The service's clock runs {pace.rate:g} times as fast: a day takes some {day:.0f} s, the play {seconds:.0f} s "
        "at the most. "
        f"A critical order is to be accepted within 15 minutes, here {critical:.2g} s: "
        "the busier the machine and the faster the clock, the more rise."
    )
    return zh, en


def conclude(console: Console, client: Client, lang: str) -> None:
    """Say what went wrong, or that nothing did."""
    en = lang == "en"
    lost = client.lost.total()
    if lost:
        zh = f"有 {lost} 次被别人或系统抢先，属正常情况。"
        text = f"{lost} times somebody else or the system was first: that is part of a day." if en else zh
        console.print(text, highlight=False)
    if not client.problems:
        console.print("Nothing went wrong." if en else "没有意外。", style="green")
        return
    console.print("The service answered what it should not have:" if en else "服务有意外的回答:", style="bold red")
    for problem, count in client.problems.most_common():
        console.print(f"  {count} × {problem}", style="red", highlight=False, markup=False)
