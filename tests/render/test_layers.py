from __future__ import annotations

import pytest

from composer.actions.images import Used, layered
from composer.model.layers import Layer
from composer.record import replace
from composer.render.layers import instruction, rows
from support.engine import FakeEngine
from support.plans import live, project, service


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [
        ("/bin/sh -c #(nop)  CMD [\"sh\"]", 'CMD ["sh"]'),
        ("/bin/sh -c #(nop) COPY dir:12 in / ", "COPY dir:12 in /"),
        ("/bin/sh -c apt-get update &&  make", "RUN apt-get update && make"),
        ("|1 A=b c /bin/sh -c make", "RUN make"),
        ("RUN /bin/sh -c make # buildkit", "RUN make"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN make"),
        ("COPY . /app # buildkit", "COPY . /app"),
        ("RUN [\"make\", \"all\"]", 'RUN ["make", "all"]'),
        ("", "(imported from -)"),
    ],
)  # fmt: skip
def test_instructions_read_as_in_the_dockerfile(made_by: str, expected: str) -> None:
    assert instruction(Layer(made_by=made_by, comment="Imported from -")) == expected


def test_each_layer_has_its_cost_and_says_how_many_images_have_it() -> None:
    engine = FakeEngine()
    base = Layer(made_by="RUN base", size=3_000_000, created=100)
    used = []
    for name, layers in {
        "a": (Layer(made_by="CMD x"), Layer(made_by="RUN a", size=1_000_000), base),
        "b": (base,),
    }.items():
        engine.publish(name)
        engine.pull(name, None, lambda progress: None)
        image = engine.image(name)
        assert image is not None
        engine.histories[image.id] = layers
        container = live(project(service(name, image=name)), name)
        used += [Used(replace(container, image=name, image_id=image.id), image)] * 2

    assert list(rows(layered(used, engine), 160)) == [
        ("a", "0B", "", "", "", "CMD x"),
        ("", "1MB", "25%", "1", "", "RUN a"),
        ("", "3MB", "75%", "2", "About a minute ago", "RUN base"),
        ("b", "3MB", "100%", "2", "About a minute ago", "RUN base"),
    ]
