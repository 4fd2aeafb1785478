"""hftsim bench learn beside a peer: a stand-in with fixed rates, none, and one that fails."""

import json
import os
import unittest

from program import FAILED, OK, ProgramTest, run

PEER = """#!/bin/sh
echo '{"executable": "stand-in", "torch": "0.0", "hftsim": %s, "sb3": %s}'
while read what rest; do
  case $what in
    update) echo '{"per_s": 2.0, "threads": 1}' ;;
    train) echo '{"per_s": 4.0, "threads": 2}' ;;
    sb3) echo '{"per_s": 8.0, "threads": 2}' ;;
  esac
done
"""
COMPLETE = PEER % ('"in process"', '"0.0"')
RATIOS = {"update_ratio_256", "update_ratio_4096", "training_ratio", "sb3_ratio"}
FIELDS = RATIOS | {"agent_steps_per_s", "gemm_share", "shares", "peer"}


class BenchLearn(ProgramTest):
    def bench(self, *options, **env):
        return run("bench", "learn", "--json", "--seconds", "0.01", *options,
                   env={**os.environ, **env})

    def told(self, *options, **env):
        done = self.bench(*options, **env)
        self.assertEqual(done.returncode, OK, done.stderr)
        told = json.loads(done.stdout)
        self.assertLessEqual(FIELDS, told.keys())
        return told

    def script(self, text):
        path = self.folder / "peer"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def test_ratios_are_ours_over_the_peers(self):
        peer = self.script(COMPLETE)
        told = self.told("--peer", peer)
        self.assertEqual(told["peer"]["executable"], "stand-in")
        self.assertIsNone(told["peer"]["note"])
        for rows in (256, 4096):
            ours = told[f"updates_per_s_{rows}"]
            self.assertAlmostEqual(told[f"update_ratio_{rows}"] / (ours / 2), 1)
        ours = told["agent_steps_per_s"]
        self.assertAlmostEqual(told["training_ratio"] / (ours / 4), 1)
        self.assertAlmostEqual(told["sb3_ratio"] / (ours / 8), 1)
        self.assertAlmostEqual(sum(told["shares"].values()), 1)

    def test_what_a_peer_lacks_is_null(self):
        told = self.told(HFTSIM_BENCH_PYTHON=self.script(PEER % ("null", "null")))
        self.assertGreater(told["update_ratio_256"], 0)
        self.assertIsNone(told["training_ratio"])
        self.assertIsNone(told["sb3_ratio"])
        self.assertTrue(told["peer"]["note"])

    def test_without_a_peer_ratios_are_null(self):
        told = self.told("--peer", "")
        self.assertEqual({told[name] for name in RATIOS}, {None})
        self.assertGreater(told["agent_steps_per_s"], 0)
        self.assertTrue(told["peer"]["note"])

    def test_a_named_python_without_pytorch_is_an_error(self):
        for text in ("#!/bin/sh\nexit 1\n", "#!/bin/sh\necho nonsense\n"):
            done = self.bench("--peer", self.script(text))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("PyTorch", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
