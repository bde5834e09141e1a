"""Refusals about projects; ``errors`` names them with all others."""

from dispatch.domain.refusal import Refusal


class ProjectNotFound(Refusal):
    """There is no such project among those the reader may see."""

    code = "project_not_found"
    zh = "没有找到这个项目，没有改动。请从项目列表中选择。"
    en = "There is no such project, and nothing was changed. Choose one from the list."


class ProjectClosed(Refusal):
    """The project is closed; data: at."""

    code = "project_closed"
    zh = "这个项目已于 {at} 结项，没有改动。要继续做，请另立一个项目。"
    en = "This project was closed at {at}, and nothing was changed. Open another one to go on."


class StepsOpen(Refusal):
    """Some steps are not done yet; data: steps_zh, steps_en."""

    code = "steps_open"
    zh = "还有步骤没有完成，不能结项，没有改动：{steps_zh}。请办结并验收，或由牵头人撤销不再做的步骤，然后再结项。"
    en = (
        "Some steps are not done, so the project was not closed and nothing changed: {steps_en}. Finish and rate them, "
        "or withdraw those that are not to be done, and close it then."
    )


class NoSteps(Refusal):
    """The project has no step, so nothing of it is done."""

    code = "no_steps"
    zh = "这个项目还没有任何步骤，不能结项，没有改动。请先列出步骤并办结。"
    en = "This project has no step yet, so it was not closed and nothing changed. File its steps and do them first."


class TooManySteps(Refusal):
    """The project would have more steps than a project may; data: most."""

    code = "too_many_steps"
    zh = "一个项目最多 {most} 步，这一次没有登记任何步骤。请合并步骤，或另立一个项目。"
    en = "A project has {most} steps at most, so none of these was filed. Join some of them, or open another project."
