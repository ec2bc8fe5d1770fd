"""What `aws ec2 describe-snapshots` prints, of snapshots in moto.

    python tests/e2e/describe_snapshots.py --count 1000 > snapshots.json
    cargo run -p caretaker-cli -- plan --snapshots snapshots.json --keep-daily 7 --keep-monthly 12

Two in three are Caretaker's; the rest are somebody else's or AWS Backup's. Some are held.
"""

import argparse
import json
import os
import sys

OURS = {"AutoCreated": "true", "CreatedBy": "caretaker", "caretaker:owner": "default", "caretaker:scheme": "2"}
VOLUMES = 20


def fill(cloud, count):
    """Puts so many snapshots into a cloud: of twenty volumes, some hours old up to a few years; their ids."""
    volumes = [cloud.create_volume() for _ in range(VOLUMES)]
    ids = []
    for n in range(count):
        age, volume = n // VOLUMES, volumes[n % VOLUMES]
        # Every eight hours for a while, then ever more rarely.
        days = (age + 1) / 3 if age < 30 else 10 + (age - 30) ** 2 / 2
        ids.append(cloud.snapshot(volume, days, **tags(n)))
    return ids


def tags(n):
    """The tags of a snapshot: its owner's, and now and then a hold."""
    owners = [OURS, OURS, {"CreatedBy": "somebody"} if n % 2 else {**OURS, "aws:backup:source-resource": "x"}]
    # By the block, so that every volume has some of each.
    held = {"caretaker:hold": "2999-12-31"} if n % 97 == 0 else {}
    return {**owners[n // VOLUMES % 3], **held}


def listing(cloud):
    """All snapshots, as the AWS command line prints them."""
    pages = cloud.client("ec2").get_paginator("describe_snapshots").paginate(OwnerIds=["self"])
    return {"Snapshots": [snapshot for page in pages for snapshot in page["Snapshots"]]}


def images(cloud):
    """All own images, as the AWS command line prints them."""
    return {"Images": cloud.client("ec2").describe_images(Owners=["self"])["Images"]}


def dump(value, file):
    json.dump(value, file, indent=4, default=lambda time: time.isoformat())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from cloud import Cloud

    cloud = Cloud()
    try:
        fill(cloud, count)
        dump(listing(cloud), sys.stdout)
    finally:
        cloud.close()


if __name__ == "__main__":
    main()
