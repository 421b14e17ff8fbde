# SPDX-License-Identifier: MIT
"""Osler for notebooks: ranked phrase search over an index of guidelines.

One file, the standard library alone; copy it or put its folder on sys.path.
It needs libosler.so: $OSLER_LIBRARY names it, else the system's is taken.

    import osler

    with osler.open("guidelines/.osler") as index:
        for hit in index.search('"bone marrow" relapse', k=3):
            print(hit.rank, hit.id, hit.score, hit.snippet)

An Index may be used by many threads at once. What fails raises osler.Error,
whose text says what to do. docs/LIBRARY.md has examples, which are tests.
"""
import collections
import concurrent.futures
import ctypes
import ctypes.util
import dataclasses
import os

__all__ = ["Answer", "Error", "Facet", "Hit", "Index", "Info", "Suggestion",
           "open", "version"]

OK, INVALID, NOT_FOUND = 0, 2, 3
KINDS = ("prose", "item", "row", "key point")
FACETS = ("evidence", "audience", "document", "year")
SUGGESTIONS = ("word", "phrase", "heading", "title")
STORES = ("full", "small", "none")
PAIRS = ("default", "none", "more")
RANKINGS = {"default": 0, "bm25": 1}
SORTS = {"relevance": 0, "date": 1}


# ---- the library's structures ----------------------------------------------
# As query/query.h and core/core.h have them; a test compares every offset.

class _Text(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1012)]


class _Options(ctypes.Structure):
    _fields_ = [("k", ctypes.c_size_t), ("offset", ctypes.c_size_t),
                ("want_count", ctypes.c_bool), ("by_document", ctypes.c_bool),
                ("want_facets", ctypes.c_bool), ("sort", ctypes.c_int),
                ("ranking", ctypes.c_int), ("k1", ctypes.c_double),
                ("b", ctypes.c_double), ("with", ctypes.c_uint32),
                ("without", ctypes.c_uint32), ("no_proximity", ctypes.c_bool),
                ("no_expand", ctypes.c_bool), ("feedback", ctypes.c_bool),
                ("like", ctypes.c_char_p), ("strict", ctypes.c_bool),
                ("snippet_words", ctypes.c_uint), ("explain", ctypes.c_bool),
                ("bare", ctypes.c_bool), ("exhaustive", ctypes.c_bool)]


class _Span(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint32), ("end", ctypes.c_uint32)]


class _Hit(ctypes.Structure):
    _fields_ = [("id", _Text), ("document", _Text),
                ("paragraph", ctypes.c_uint32), ("score", ctypes.c_uint32),
                ("title", _Text), ("url", _Text), ("updated", _Text),
                ("audience", _Text), ("language", _Text), ("source", _Text),
                ("line", ctypes.c_uint32), ("kind", ctypes.c_uint8),
                ("sections", ctypes.POINTER(_Text)),
                ("section_count", ctypes.c_size_t),
                ("evidence", ctypes.POINTER(_Text)),
                ("citations", ctypes.POINTER(_Text)),
                ("evidence_count", ctypes.c_size_t),
                ("citation_count", ctypes.c_size_t), ("text", _Text),
                ("highlights", ctypes.POINTER(_Span)),
                ("highlight_count", ctypes.c_size_t), ("snippet", _Span),
                ("cut_left", ctypes.c_bool), ("cut_right", ctypes.c_bool),
                ("explanation", _Text)]


class _Facet(ctypes.Structure):
    _fields_ = [("value", _Text), ("title", _Text), ("count", ctypes.c_uint64)]


class _Meeting(ctypes.Structure):
    _fields_ = [("first", _Text), ("second", _Text),
                ("count", ctypes.c_uint64), ("best", _Text)]


class _Suggestion(ctypes.Structure):
    _fields_ = [("text", _Text), ("kind", ctypes.c_int),
                ("count", ctypes.c_uint64)]


class _Info(ctypes.Structure):
    _fields_ = [("generation", ctypes.c_uint64),
                ("paragraphs", ctypes.c_uint64),
                ("documents", ctypes.c_uint64), ("segments", ctypes.c_uint64),
                ("terms", ctypes.c_uint64), ("postings", ctypes.c_uint64),
                ("bytes_text", ctypes.c_uint64),
                ("bytes_index", ctypes.c_uint64), ("newest", _Text),
                ("language", ctypes.c_char_p), ("store", ctypes.c_uint),
                ("pairs", ctypes.c_uint), ("fold_acronyms", ctypes.c_bool)]


# Structures by their names in C, for the test of their layout.
STRUCTURES = {"osl_text": _Text, "osl_error": _Error,
              "osl_search_options": _Options, "osl_span": _Span,
              "osl_hit": _Hit, "osl_facet": _Facet, "osl_meeting": _Meeting,
              "osl_suggestion": _Suggestion, "osl_searcher_info": _Info}

_VOID, _ERR = ctypes.c_void_p, ctypes.POINTER(_Error)
_OUT = ctypes.POINTER(ctypes.c_void_p)
_FUNCTIONS = {
    "osl_version": (ctypes.c_char_p, []),
    "osl_searcher_open": (ctypes.c_int, [_OUT, ctypes.c_char_p,
                                         ctypes.c_uint64, _ERR]),
    "osl_searcher_free": (None, [_VOID]),
    "osl_searcher_note": (ctypes.c_char_p, [_VOID]),
    "osl_searcher_get_info": (ctypes.c_int, [_VOID, ctypes.POINTER(_Info),
                                             _ERR]),
    "osl_search": (ctypes.c_int, [_VOID, _Text, ctypes.POINTER(_Options), _OUT,
                                  _ERR]),
    "osl_ranking_parts": (ctypes.c_int, [_Text, ctypes.POINTER(ctypes.c_uint32),
                                         _ERR]),
    "osl_show": (ctypes.c_int, [_VOID, _Text, ctypes.c_uint, _OUT, _ERR]),
    "osl_answer_free": (None, [_VOID]),
    "osl_answer_hit_count": (ctypes.c_size_t, [_VOID]),
    "osl_answer_hit": (ctypes.POINTER(_Hit), [_VOID, ctypes.c_size_t]),
    "osl_answer_count": (ctypes.c_uint64, [_VOID]),
    "osl_answer_document_count": (ctypes.c_uint64, [_VOID]),
    "osl_answer_read_as": (_Text, [_VOID]),
    "osl_answer_note": (ctypes.c_char_p, [_VOID, ctypes.c_size_t]),
    "osl_answer_plan": (_Text, [_VOID]),
    "osl_answer_missing": (ctypes.c_bool, [_VOID, ctypes.c_size_t,
                                           ctypes.POINTER(_Text),
                                           ctypes.POINTER(_Text)]),
    "osl_answer_meeting": (ctypes.POINTER(_Meeting), [_VOID, ctypes.c_size_t]),
    "osl_answer_facet": (ctypes.POINTER(_Facet), [_VOID, ctypes.c_int,
                                                  ctypes.c_size_t]),
    "osl_suggest": (ctypes.c_int, [_VOID, _Text, ctypes.c_size_t, _OUT, _ERR]),
    "osl_suggestions_free": (None, [_VOID]),
    "osl_suggestions_get": (ctypes.POINTER(_Suggestion), [_VOID,
                                                          ctypes.c_size_t]),
}


def _load():
    name = (os.environ.get("OSLER_LIBRARY") or ctypes.util.find_library("osler")
            or "libosler.so.0")
    library = ctypes.CDLL(name)
    for function, (result, arguments) in _FUNCTIONS.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


_library = _load()


# ---- values ----------------------------------------------------------------

class Error(Exception):
    """What failed, on what, why, and what to do; `status` as osl_status."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Hit:
    """A paragraph. `score` and `rank` are 0 where nothing was searched;
    `highlights` and `snippet_span` are [start, end) into `text`."""
    rank: int
    id: str
    document: str
    paragraph: int
    score: float
    title: str
    section: list
    url: str
    updated: str
    audience: str
    language: str
    source: str
    line: int
    kind: str
    evidence: list
    citations: list
    text: str
    highlights: list
    snippet_span: tuple
    explanation: str

    @property
    def snippet(self):
        return self.text[slice(*self.snippet_span)]

    def _repr_html_(self):
        """In a notebook: the snippet with what matched in bold."""
        start, end = self.snippet_span
        parts, at = [], start
        for first, last in self.highlights:
            if at <= first and last <= end:
                parts += [_escape(self.text[at:first]), "<b>",
                          _escape(self.text[first:last]), "</b>"]
                at = last
        head = " › ".join([self.title] + self.section)
        return (f"<p>{self.rank}. <i>{_escape(head)}</i> "
                f"<code>{_escape(self.id)}</code><br>"
                f"{''.join(parts)}{_escape(self.text[at:end])}</p>")


@dataclasses.dataclass(frozen=True)
class Facet:
    value: str
    count: int
    title: str = ""


@dataclasses.dataclass(frozen=True)
class Suggestion:
    text: str
    kind: str
    paragraphs: int


@dataclasses.dataclass(frozen=True)
class Info:
    generation: int
    paragraphs: int
    documents: int
    segments: int
    terms: int
    postings: int
    bytes_text: int
    bytes_index: int
    newest: str
    language: str
    store: str
    pairs: str
    fold_acronyms: bool


class Answer(list):
    """The hits, and what is known of all matches.

    count      matching paragraphs
    documents  documents that have one
    read_as    the query with what was added to it, or ""
    notes      what was read differently than typed
    missing    words that occur nowhere, each with its nearest spelling or ""
    meetings   where no paragraph has all: (words, paragraphs, id of the best)
    facets     with facets=True: lists of Facet by "evidence", "audience",
               "document", "year"
    plan       with explain=True: tree and plan
    """

    def __init__(self, hits, **known):
        super().__init__(hits)
        self.count = known["count"]
        self.documents = known["documents"]
        self.read_as = known["read_as"]
        self.notes = known["notes"]
        self.missing = known["missing"]
        self.meetings = known["meetings"]
        self.facets = known["facets"]
        self.plan = known["plan"]

    def _repr_html_(self):
        hits = "".join(hit._repr_html_() for hit in self)
        return f"<p>{self.count} paragraphs, {self.documents} documents</p>{hits}"


def _escape(text):
    return (text.replace("&", "&amp;").replace("<", "&lt;")
            .replace(">", "&gt;"))


def _bytes(text):
    return ctypes.string_at(text.bytes, text.length) if text.length else b""


def _str(text):
    return _bytes(text).decode("utf-8", "replace")


def _list(items, count):
    return [_str(items[i]) for i in range(count)]


def _out_text(value):
    """A C text of a str, and the bytes that it borrows."""
    kept = value.encode("utf-8", "surrogateescape")
    return _Text(ctypes.cast(ctypes.c_char_p(kept), ctypes.c_void_p),
                 len(kept)), kept


def _hit(raw, rank):
    data = _bytes(raw.text)

    def place(at):
        return len(data[:at].decode("utf-8", "replace"))

    marks = [raw.highlights[i] for i in range(raw.highlight_count)]
    return Hit(rank=rank, id=_str(raw.id), document=_str(raw.document),
               paragraph=raw.paragraph, score=raw.score / 65536,
               title=_str(raw.title),
               section=_list(raw.sections, raw.section_count),
               url=_str(raw.url), updated=_str(raw.updated),
               audience=_str(raw.audience), language=_str(raw.language),
               source=_str(raw.source), line=raw.line,
               kind=KINDS[raw.kind] if raw.kind < len(KINDS) else KINDS[0],
               evidence=_list(raw.evidence, raw.evidence_count),
               citations=_list(raw.citations, raw.citation_count),
               text=data.decode("utf-8", "replace"),
               highlights=[(place(m.start), place(m.end)) for m in marks],
               snippet_span=(place(raw.snippet.start), place(raw.snippet.end)),
               explanation=_str(raw.explanation))


def _each(get):
    """What get(0), get(1) … point to, up to the first NULL."""
    n = 0
    while pointer := get(n):
        yield pointer.contents
        n += 1


def _facets(answer):
    return {name: [Facet(_str(f.value), f.count, _str(f.title))
                   for f in _each(lambda n, kind=kind:
                                  _library.osl_answer_facet(answer, kind, n))]
            for kind, name in enumerate(FACETS)}


def _notes(answer):
    n = 0
    while (note := _library.osl_answer_note(answer, n)) is not None:
        yield note.decode("utf-8", "replace")
        n += 1


def _missing(answer):
    word, nearest, found = _Text(), _Text(), {}
    while _library.osl_answer_missing(answer, len(found), ctypes.byref(word),
                                      ctypes.byref(nearest)):
        found[_str(word)] = _str(nearest)
    return found


def _meetings(answer):
    n = 0
    while meeting := _library.osl_answer_meeting(answer, n):
        found = meeting.contents
        words = tuple(filter(None, (_str(found.first), _str(found.second))))
        yield words, found.count, _str(found.best)
        n += 1


def _take(answer, offset, ranked=True):
    """Copies an answer of the library and frees it."""
    try:
        count = _library.osl_answer_hit_count(answer)
        hits = [_hit(_library.osl_answer_hit(answer, i).contents,
                     offset + i + 1 if ranked else 0) for i in range(count)]
        return Answer(hits, count=_library.osl_answer_count(answer),
                      documents=_library.osl_answer_document_count(answer),
                      read_as=_str(_library.osl_answer_read_as(answer)),
                      notes=list(_notes(answer)), missing=_missing(answer),
                      meetings=list(_meetings(answer)),
                      facets=_facets(answer),
                      plan=_str(_library.osl_answer_plan(answer)))
    finally:
        _library.osl_answer_free(answer)


# ---- the index -------------------------------------------------------------

class Index:
    """An index folder, open for searching; close() it or use `with`."""

    def __init__(self, path, generation=0):
        self._searcher = ctypes.c_void_p()
        self._call(_library.osl_searcher_open, ctypes.byref(self._searcher),
                   os.fsencode(path), generation)
        note = _library.osl_searcher_note(self._searcher)
        self.note = note.decode("utf-8", "replace") if note else ""

    @staticmethod
    def _call(function, *arguments):
        error = _Error()
        status = function(*arguments, ctypes.byref(error))
        if status != OK:
            raise Error(status, error.text.decode("utf-8", "replace"))

    def _open(self):
        if not self._searcher:
            raise ValueError("the index is closed")
        return self._searcher

    def close(self):
        """No search may be under way."""
        if self._searcher:
            _library.osl_searcher_free(self._searcher)
            self._searcher = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_searcher", None):
            self.close()

    def search(self, query, k=10, *, offset=0, by_document=False,
               facets=False, sort="relevance", ranking="default", k1=None,
               b=None, proximity=True, expand=True, feedback=False, like=None,
               strict=False, snippet=40, explain=False, count=True,
               bare=False, with_parts=(), without=()):
        """The k best paragraphs for a query of the language of docs/QUERY.md,
        as an Answer. Without `count` a search may be faster, and the answer's
        count is of its hits alone; `bare` hits have no text, headings,
        evidence, citations. `feedback` also looks for words that the best hits
        share, `like` (DOCUMENT#N) for those of a paragraph. `with_parts` and
        `without` are names of parts of the ranking (docs/QUERY.md)."""
        options = _Options(
            k=k, offset=offset, want_count=count, by_document=by_document,
            want_facets=facets, sort=SORTS[sort], ranking=RANKINGS[ranking],
            k1=-1 if k1 is None else k1, b=-1 if b is None else b,
            no_proximity=not proximity, no_expand=not expand,
            feedback=feedback, like=like.encode() if like else None,
            strict=strict, snippet_words=snippet, explain=explain, bare=bare,
            **{"with": self._parts(with_parts),
               "without": self._parts(without)})
        answer = ctypes.c_void_p()
        text, _kept = _out_text(query)
        self._call(_library.osl_search, self._open(), text,
                   ctypes.byref(options), ctypes.byref(answer))
        return _take(answer, offset)

    def _parts(self, names):
        parts = ctypes.c_uint32()
        if names:
            text, _kept = _out_text(",".join(names))
            self._call(_library.osl_ranking_parts, text, ctypes.byref(parts))
        return parts.value

    def batch(self, queries, threads=None, **options):
        """Yields an Answer for each query, in their order, searching with
        many threads; options as search(). Queries may come without end."""
        threads = threads or min(os.cpu_count() or 1, 8)
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            waiting = collections.deque()
            for query in queries:
                waiting.append(pool.submit(self.search, query, **options))
                if len(waiting) >= 4 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def show(self, what, context=0):
        """The paragraphs of a DOCUMENT, or DOCUMENT#N with `context` more on
        each side, in reading order."""
        answer = ctypes.c_void_p()
        text, _kept = _out_text(what)
        self._call(_library.osl_show, self._open(), text, context,
                   ctypes.byref(answer))
        return list(_take(answer, 0, ranked=False))

    def suggest(self, prefix, k=10):
        """Completions, the most useful first."""
        found = ctypes.c_void_p()
        text, _kept = _out_text(prefix)
        self._call(_library.osl_suggest, self._open(), text, k,
                   ctypes.byref(found))
        try:
            return [Suggestion(_str(s.text), SUGGESTIONS[s.kind], s.count)
                    for s in _each(lambda n: _library.osl_suggestions_get(
                        found, n))]
        finally:
            _library.osl_suggestions_free(found)

    def info(self):
        raw = _Info()
        self._call(_library.osl_searcher_get_info, self._open(),
                   ctypes.byref(raw))
        values = {name: getattr(raw, name) for name, _ in _Info._fields_}
        values["newest"] = _str(raw.newest)
        values["language"] = (raw.language or b"").decode()
        values["store"] = STORES[raw.store]
        values["pairs"] = PAIRS[raw.pairs]
        return Info(**values)


def open(path, generation=0):  # pylint: disable=redefined-builtin
    """The newest generation of the index folder `path`, or an older one."""
    return Index(path, generation)


def version():
    return _library.osl_version().decode()
