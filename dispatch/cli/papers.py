"""``openapi`` and ``lifecycle``: what the service says about itself, made from the tables it runs on."""

import click

from dispatch.cli.bilingual import Command

_OPENAPI = """打印接口说明（OpenAPI 3.1，JSON）。

Print the description of the API (OpenAPI 3.1 as JSON).
"""

_LIFECYCLE = """打印工单流转图（Mermaid）。

Print the life of an order as a Mermaid diagram.
"""


@click.command(cls=Command, help=_OPENAPI, short_help="接口说明 / the API's description")
def openapi() -> None:
    """Print the OpenAPI document."""
    import orjson  # noqa: PLC0415 - heavy

    from dispatch.http.openapi import document  # noqa: PLC0415

    click.echo(orjson.dumps(document(), option=orjson.OPT_INDENT_2).decode())


@click.command(cls=Command, help=_LIFECYCLE, short_help="工单流转图 / the life of an order")
def lifecycle() -> None:
    """Print the diagram."""
    from dispatch.domain.lifecycle import mermaid  # noqa: PLC0415

    click.echo(mermaid(), nl=False)
