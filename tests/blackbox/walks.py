"""Walks over the list of users, checked against the users that exist during the whole walk."""

import itertools
import random
import threading


def fill(client, together, count):
    """Creates `count` users from several threads. Returns their ids, sorted."""
    def some(number):
        return [client.new_user()["userId"] for _ in range(number, count, 8)]
    return sorted(itertools.chain(*together(8, some)))


def ids(users):
    return [user["userId"] for user in users]


class Churn(threading.Thread):
    """Creates and deletes users, and changes the status of the `flipped` users, until `stopping` is set."""

    def __init__(self, client, seed, flipped):
        super().__init__()
        self.client, self.random, self.flipped = client, random.Random(seed), flipped
        self.stopping = threading.Event()
        self.error = None
        self.rounds = 0

    def run(self):
        mine = []
        try:
            while not self.stopping.is_set():
                mine.append(self.client.new_user()["userId"])
                if len(mine) > 3:
                    doomed = mine.pop(self.random.randrange(len(mine)))
                    assert self.client.set_status(doomed, "deleted").status == 200
                flip = self.random.choice(self.flipped)
                status = self.random.choice(["active", "disabled"])
                assert self.client.set_status(flip, status).status == 200
                self.rounds += 1
        except Exception as error:  # reported in the test's own thread
            self.error = error


def walk_while_others_write(client, writers, users):
    """Walks with all page sizes while each writer creates and deletes users and changes their status. No walk may skip
    or repeat one of `users`. Half of them keep their status."""
    flipped, still = users[::2], users[1::2]
    for user_id in still[::2]:
        client.set_status(user_id, "disabled")
    churns = [Churn(writer, seed, flipped) for seed, writer in enumerate(writers)]
    for churn in churns:
        churn.start()
    try:
        for limit in (1, 2, 5, 9, 3, 20):
            walk = ids(client.list_users(limit))
            assert walk == sorted(walk) and len(set(walk)) == len(walk)
            assert [user_id for user_id in walk if user_id in set(users)] == users
            for status, there in (("active", still[1::2]), ("disabled", still[::2])):
                walk = ids(client.list_users(limit, status=status))
                assert walk == sorted(walk) and len(set(walk)) == len(walk)
                assert [user_id for user_id in walk if user_id in set(still)] == there
    finally:
        for churn in churns:
            churn.stopping.set()
        for churn in churns:
            churn.join(60)
    assert [churn.error for churn in churns] == [None] * len(churns)
    assert all(churn.rounds > 0 for churn in churns)
