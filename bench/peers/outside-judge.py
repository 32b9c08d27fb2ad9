"""
The outside judge of bench/outside-judge.ts: trec_eval's own C code (pytrec_eval) over a run file and its judgements.

  outside-judge.py RUN QRELS 5,10,20  ->  {"judge": …, "users": n, "figures": {"NDCG@5": …, "recall@5": …, "MRR": …}}

The file is read a user at a time and given to trec_eval some users at once, so that full rankings of a large log fit in
memory. trec_eval sorts by score (a C float) itself and never looks at the rank column. A judged user without a line in the run
counts as 0, as with trec_eval's -c.
"""
import json
import sys
from importlib.metadata import version
from itertools import groupby

import pytrec_eval

AT_ONCE = 64


def read_qrels(path):
    qrels = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            user, _, item, relevance = line.split()
            qrels.setdefault(user, {})[item] = int(relevance)
    return qrels


def rankings(path):
    """(user, {item: score}) for each user of a run file, whose lines stand together."""
    with open(path, encoding="utf-8") as file:
        fields = (line.split() for line in file)
        for user, lines in groupby(fields, key=lambda line: line[0]):
            yield user, {item: float(score) for _, _, item, _, score, _ in lines}


def judge(run, qrels, cutoffs):
    names = {"MRR": "recip_rank"}
    for k in cutoffs:
        names |= {f"NDCG@{k}": f"ndcg_cut_{k}", f"recall@{k}": f"recall_{k}"}
        names |= {f"precision@{k}": f"P_{k}", f"HR@{k}": f"success_{k}"}
    listed = ",".join(map(str, cutoffs))
    measures = {"recip_rank", f"ndcg_cut.{listed}", f"recall.{listed}", f"P.{listed}", f"success.{listed}"}
    totals = dict.fromkeys(names, 0.0)

    def add(batch):
        evaluator = pytrec_eval.RelevanceEvaluator({user: qrels[user] for user in batch}, measures)
        for found in evaluator.evaluate(batch).values():
            for name, measure in names.items():
                totals[name] += found[measure]

    batch = {}
    for user, scores in rankings(run):
        batch[user] = scores
        if len(batch) == AT_ONCE:
            add(batch)
            batch = {}
    if batch:
        add(batch)
    return {name: total / len(qrels) for name, total in totals.items()}


run_path, qrels_path, cutoffs = sys.argv[1], sys.argv[2], [int(k) for k in sys.argv[3].split(",")]
judged = read_qrels(qrels_path)
distribution = "pytrec_eval-terrier"
figures = judge(run_path, judged, cutoffs)
print(json.dumps({"judge": f"{distribution} {version(distribution)}", "users": len(judged), "figures": figures}))
