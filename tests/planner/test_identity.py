from __future__ import annotations

from dataclasses import replace

from composer.model.names import Label
from composer.model.observed import ObservedImage
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.service import Mount, Service
from composer.planner.desire import container_spec
from composer.planner.digest import service_digests
from composer.planner.identity import accepted_digests, fits
from composer.planner.up import plan_up
from support.plans import live, project, service, world

OWNER = service("owner")


def test_the_hashes_with_names_and_with_ids_are_accepted() -> None:
    guest = service("guest", networks={}, network_mode="service:owner", volumes_from=("owner:ro",))
    whole = project(OWNER, guest)
    owner = live(whole, "owner")
    by_id = replace(guest, network_mode=f"container:{owner.id}", volumes_from=(f"{owner.id}:ro",))

    accepted = accepted_digests(guest, world(whole, owner))

    assert accepted[0] == service_digests(guest)[0]
    assert service_digests(by_id)[0] in accepted


def test_the_hash_that_docker_compose_writes_is_known_once_the_owner_has_an_id() -> None:
    guest = service(
        "guest", networks={}, network_mode="service:owner", volumes_from=("owner:rw", "other:ro")
    )
    whole = project(OWNER, service("other"), guest)
    owner, other = live(whole, "owner"), live(whole, "other")
    theirs = replace(
        guest,
        network_mode=f"container:{owner.id}",
        volumes_from=(owner.id, f"{other.id}:ro"),
    )

    shared = container_spec(whole, guest, 1).shared

    assert shared is not None
    ids = {owner.name: owner.id, other.name: other.id}
    assert shared.digest(ids) == service_digests(theirs)[0]


def test_volumes_that_are_written_to_are_hashed_with_the_bare_id() -> None:
    guest = service("guest", volumes_from=("owner:rw",))
    whole = project(OWNER, guest)
    owner = live(whole, "owner")

    by_id = replace(guest, volumes_from=(owner.id,))

    assert service_digests(by_id)[0] in accepted_digests(guest, world(whole, owner))


def test_a_guest_that_docker_compose_made_is_left_alone() -> None:
    guest = service("guest", networks={}, ipc="service:owner")
    whole = project(OWNER, guest)
    owner = live(whole, "owner")
    theirs = service_digests(replace(guest, ipc=f"container:{owner.id}"))[0]
    observed = world(whole, owner, live(whole, "guest", labels={Label.CONFIG_HASH: theirs}))

    assert plan_up(whole, observed, UpOptions()) == Plan()


def test_a_service_that_shares_nothing_has_no_second_form() -> None:
    whole = project(OWNER)
    assert container_spec(whole, OWNER, 1).shared is None
    assert accepted_digests(OWNER, world(whole, live(whole, "owner"))) == service_digests(OWNER)


def images(ref: str, *names: str, digest: str = "sha256:d") -> dict[str, ObservedImage]:
    """Return one image of a registry, under several names."""
    image = ObservedImage(id="sha256:i", digests=(f"{ref}@{digest}",))
    return dict.fromkeys((ref, *names), image)


def fits_after(
    before: Service, now: Service, found: dict[str, ObservedImage], mounted: str = ""
) -> bool:
    """Say whether a container of `before`, made of the image, fits `now`."""
    whole = project(before)
    made = live(whole, before.name, labels={Label.IMAGE: "sha256:i", Label.IMAGE_MOUNTS: mounted})
    return fits(now, made, replace(world(whole, made), images=found))


def test_a_tag_and_a_digest_of_one_image_make_one_container() -> None:
    plain = service("web", image="shop:1")
    locked = replace(plain, image="shop:1@sha256:d")
    found = images("shop:1", "shop:1@sha256:d")

    assert fits_after(locked, plain, found)
    assert fits_after(plain, locked, found)
    assert fits_after(locked, plain, images("shop:1", digest="sha256:told-by-another-manifest"))
    assert not fits_after(replace(plain, image="other:1"), plain, found)
    assert not fits_after(locked, replace(plain, command=("x",)), found)
    moved = {"shop:1": ObservedImage(id="sha256:new", digests=("shop@sha256:d",))}
    assert not fits_after(locked, plain, moved)


def test_so_do_two_ways_to_write_one_name() -> None:
    plain = service("web", image="shop")
    whole = replace(plain, image="docker.io/library/shop:latest")
    locked = replace(plain, image="docker.io/library/shop:latest@sha256:d")
    found = images("shop", whole.image or "", locked.image or "")

    for one in (plain, whole, locked):
        for other in (plain, whole, locked):
            assert fits_after(one, other, found), (one.image, other.image)
    assert not fits_after(replace(plain, image="docker.io/me/shop"), plain, found)
    assert not fits_after(replace(plain, image="shop:1"), plain, found)
    assert not fits_after(replace(plain, image="me.example/shop"), plain, found)


def test_so_do_those_of_images_that_it_mounts() -> None:
    mounted = Mount(type="image", source="data:1", target="/d")
    plain = service("web", image="shop:1", volumes=(mounted,))
    locked = service(
        "web", image="shop:1@sha256:d", volumes=(replace(mounted, source="data:1@sha256:e"),)
    )
    found = {**images("shop:1", "shop:1@sha256:d"), **images("data:1", digest="sha256:e")}

    assert fits_after(locked, plain, found)
    assert fits_after(plain, locked, found, mounted="/d=sha256:i")


def test_an_image_may_have_another_digest_in_another_repository() -> None:
    mounted = Mount(type="image", source="data:1", target="/d")
    plain = service("web", image="shop:1", volumes=(mounted,))
    locked = service(
        "web", image="shop:1@sha256:d", volumes=(replace(mounted, source="data:1@sha256:e"),)
    )
    one = ObservedImage(id="sha256:i", digests=("a.example/shop@sha256:x", "shop@sha256:d"))
    other = ObservedImage(id="sha256:j", digests=("a.example/data@sha256:y", "data@sha256:e"))

    assert fits_after(locked, plain, {"shop:1": one, "data:1": other})
    assert not fits_after(replace(locked, command=("x",)), plain, {"shop:1": one, "data:1": other})


def test_a_digest_of_a_mounted_image_counts_where_nobody_noted_which_it_is() -> None:
    mounted = Mount(type="image", source="data:1", target="/d")
    plain = service("web", image="shop:1", volumes=(mounted,))
    pinned = replace(plain, volumes=(replace(mounted, source="data:1@sha256:new"),))
    found = {**images("shop:1"), **images("data:1@sha256:new", digest="sha256:new")}

    assert not fits_after(plain, pinned, found)
    assert not fits_after(plain, pinned, found, mounted="/other=sha256:i")
    assert fits_after(plain, pinned, found, mounted="/d=sha256:i")
