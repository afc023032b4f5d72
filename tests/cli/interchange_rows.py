"""The rows of the command line's table that are about other tools' histories."""

from tests.cli.table import RUN, Row

EDN = """{:type :invoke :f :txn :process 0 :value [[:append x 1] [:r y nil]]}
{:type :invoke :f :txn :process 1 :value [[:append x 2] [:append y 1]]}
{:type :ok :f :txn :process 0 :value [[:append x 1] [:r y [1]]]}
{:type :ok :f :txn :process 1 :value [[:append x 2] [:append y 1]]}
{:type :invoke :f :txn :process 2 :value [[:r x nil]]}
{:type :ok :f :txn :process 2 :value [[:r x [1 2]]]}
"""
GOOD_EDN = EDN.replace("[:r y [1]]", "[:r y nil]")
UNTOLD = "{:type :invoke :f :add :value 0 :process 0}\n"
FILES: dict[str, str | bytes] = {
    "a.edn": EDN,
    "good.edn": GOOD_EDN,
    "untold.edn": UNTOLD,
    "bad.edn": "{:type",
    "binary.edn": b"\xff",
}

INTERCHANGE = [
    Row("a Jepsen history that holds", "check good.edn", 0, "✓ strict_serializable: violations == 0", FILES),
    Row("a Jepsen history that does not", "check a.edn", 3, "✗ strict_serializable: violations == 0: broken.", FILES),
    Row("its anomaly", "check a.edn", 3, "g1c: 1 among 3 transactions. p0 #0 ", FILES),
    Row("one that cannot tell", "check untold.edn", 4, "? set_full: violations == 0: cannot tell.", FILES),
    Row("a claim of one's own", "check a.edn --assert g0.violations==0", 0, "✓ g0: violations==0: holds.", FILES),
    Row("as something else", "check a.edn --as queue", 2, "Error: Invalid value for '--as'", FILES),
    Row("not EDN", "check bad.edn", 1, "Line 1 is never closed: ", FILES),
    Row("not text", "check binary.edn", 2, "binary.edn is not text: byte 0 is not UTF-8.", FILES),
    Row("several that hold", "check good.edn good.edn", 0, "2 histories: 2 hold.", FILES),
    Row(
        "several, one of which does not",
        "check good.edn a.edn untold.edn",
        3,
        "✗ a.edn: list-append, 3 operations. strict_ser",
        FILES,
    ),
    Row(
        "several, one of which cannot tell",
        "check good.edn untold.edn",
        4,
        "2 histories: 1 hold, 1 cannot tell.",
        FILES,
    ),
    Row("several, one of which cannot be read", "check bad.edn untold.edn", 1, "! bad.edn: Line 1 is never", FILES),
    Row("several, one of which is nowhere", "check good.edn none.edn", 1, "! none.edn: none.edn cannot be read", FILES),
    Row("exported", f"export {RUN} --to csv,parquet,edn,json,watca,hgrm", 0, f"{RUN}/set-full.edn"),
    Row("exported as what it is not", f"export {RUN} --to edn --as list-append", 0, f"{RUN}/list-append.edn"),
    Row("exported as nothing", f"export {RUN} --to xml", 2, '--to xml: "xml" is not one of csv, parquet'),
]
