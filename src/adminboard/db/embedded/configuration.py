"""How the embedded server is set: for one board on one machine, by that machine's memory."""

import os
from pathlib import Path

import psutil

MEBIBYTE = 1024 * 1024
MEMORY_LIMIT_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
SMALL_SHARED_MEMORY_BYTES = 512 * MEBIBYTE


def available_memory_bytes() -> int:
    """What this machine has, or what its container may use."""
    limits = [psutil.virtual_memory().total]
    for path in map(Path, MEMORY_LIMIT_FILES):
        if path.exists():
            limit = path.read_text().strip()
            limits.extend([int(limit)] if limit.isdigit() else [])
    return min(limits)


def server_settings(memory_bytes: int, *, with_statistics: bool) -> dict[str, str]:
    """Settings for `postgres -c`. `with_statistics` needs the pg_stat_statements library."""

    def share(part: int, least: int, most: int) -> str:
        return f"{min(max(memory_bytes // part // MEBIBYTE, least), most)}MB"

    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": share(8, 32, 2048),
        "effective_cache_size": share(2, 128, 65536),
        "maintenance_work_mem": share(24, 64, 1024),
        "work_mem": share(512, 4, 32),
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    if with_statistics:
        settings["shared_preload_libraries"] = "pg_stat_statements"
    if has_small_shared_memory():
        settings["dynamic_shared_memory_type"] = "sysv"
    return settings


def has_small_shared_memory() -> bool:
    """Whether /dev/shm is too small for parallel queries, as in a container with 64 MB of it."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - only its size is read
    if not shared_memory.is_dir():
        return False
    size = os.statvfs(shared_memory)
    return size.f_blocks * size.f_frsize < SMALL_SHARED_MEMORY_BYTES
