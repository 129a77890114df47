"""Names that code may use before it imports dlt without a consequence for that import."""

from __future__ import annotations

import builtins


def _below(parent: str, names: str) -> set[str]:
    return {f"{parent}.{name}" for name in names.split()}


_EXCEPTIONS = [name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)]

# Functions, classes and decorators that may be called. None calls what is passed to it, except under names such as `key`.
CALLS = frozenset().union(
    _below("builtins", " ".join(_EXCEPTIONS)),
    _below("builtins", "abs all any bool bytes chr complex dict divmod enumerate float format frozenset hasattr hash id int"),
    _below("builtins", "isinstance issubclass len list max min object ord pow print range repr reversed round set slice"),
    _below("builtins", "sorted str sum tuple type zip property staticmethod classmethod"),
    _below("abc", "abstractmethod"),
    _below("collections", "ChainMap Counter OrderedDict defaultdict deque namedtuple"),
    _below("contextlib", "asynccontextmanager contextmanager nullcontext suppress"),
    _below("dataclasses", "dataclass field"),
    _below("datetime", "date datetime time timedelta timezone date.fromisoformat date.today datetime.fromisoformat"),
    _below("datetime", "datetime.now datetime.strptime datetime.utcnow datetime.fromtimestamp"),
    _below("decimal", "Decimal"),
    _below("enum", "auto unique Enum"),
    _below("fractions", "Fraction"),
    _below("functools", "cache cached_property lru_cache partial total_ordering wraps"),
    _below("itertools", "chain count cycle product repeat"),
    _below("json", "loads"),
    _below("logging", "basicConfig getLogger NullHandler StreamHandler Formatter"),
    _below("math", "ceil floor log log10 sqrt"),
    _below("operator", "attrgetter itemgetter"),
    _below("os", "cpu_count environ.get getcwd getenv getpid getppid listdir"),
    _below("os.path", "abspath basename dirname exists expanduser isdir isfile join normpath realpath split splitext"),
    _below("pathlib", "Path PurePath PurePosixPath Path.cwd Path.home"),
    _below("pydantic", "ConfigDict Field field_validator model_validator"),
    _below("random", "Random choice randint random randrange seed uniform"),
    _below("re", "compile escape findall match search split"),
    _below("string", "Template"),
    _below("sys", "exit getrecursionlimit intern path.append stderr.flush stderr.write stdout.flush stdout.write"),
    _below("time", "monotonic perf_counter process_time sleep strftime time time_ns"),
    _below("types", "MappingProxyType SimpleNamespace"),
    _below("typing", "NamedTuple NewType ParamSpec TypeVar TypedDict cast final overload runtime_checkable"),
    _below("uuid", "UUID uuid1 uuid4 uuid5"),
    _below("zoneinfo", "ZoneInfo"),
)

# Methods of values that such calls and literals make.
METHODS = frozenset(
    "absolute as_posix astimezone capitalize casefold copy count date decode encode endswith exists expanduser format get"
    " glob hex index is_dir is_file isdigit isoformat items iterdir join joinpath keys lower lstrip read_bytes read_text"
    " relative_to replace resolve rglob rsplit rstrip split splitlines startswith strftime strip timestamp title total_seconds"
    " upper values weekday with_name with_suffix zfill choice randint".split()
)

# Packages whose import changes nothing for dlt: its own dependencies, and what scripts of pipelines commonly import.
PACKAGES = frozenset(
    "attr attrs azure bs4 boto3 botocore certifi charset_normalizer clickhouse_connect click connectorx croniter cryptography"
    " dateutil deltalake dotenv duckdb fsspec git giturlparse google httpx humanize ibis idna jinja2 jsonpath_ng lxml markdown_it"
    " marimo numpy openai openpyxl orjson packaging pandas paramiko pathvalidate pendulum pluggy polars psycopg psycopg2 pyarrow"
    " pydantic pydantic_settings pygments pyiceberg pymongo pymysql pyodbc pytz redis requests requests_oauthlib rich s3fs semver"
    " simplejson slack_sdk snowflake sqlalchemy sqlglot stripe tenacity toml tomli tomlkit tqdm typer typing_extensions urllib3"
    " xmltodict yaml".split()
)
