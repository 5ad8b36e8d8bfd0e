"""Which test stands for which row of the table of faults that the service is built against.

`file::test`, in tests/faults unless a folder is named. `scripts/chaos` runs the long forms.
"""

_POINTS = "test_points.py::test_nothing_is_lost_by_a_death_at_each_point"
_INDEX = (
    "test_index_points.py::"
    "test_killed_at_every_point_between_row_and_index_both_are_level_after_the_start"
)
_RANDOM = "test_random_kills.py::test_nothing_is_lost_by_random_kills_under_mixed_load"
_POOL = "contracts/test_worker_faults.py"
_BENEATH = "contracts/test_files_beneath.py"
_CHANGED = "unit/test_changed_sources.py"
_FFMPEG = "contracts/test_media_extractor.py"

#: Number of the row: what goes wrong, and what shows that it is survived.
ROWS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "killed during the body of an upload",
        ("test_starts.py::test_an_upload_that_dies_half_way_leaves_nothing", _RANDOM),
    ),
    2: ("killed after the rename, before the job's row", (_POINTS,)),
    3: ("killed after the commit, before the answer", (_POINTS, _RANDOM)),
    4: ("killed after the claim", (_POINTS,)),
    5: (
        "killed while ffmpeg runs",
        ("test_starts.py::test_a_death_while_ffmpeg_runs_leaves_no_ffmpeg_and_no_sound",),
    ),
    6: (
        "killed between two windows",
        (
            "test_windows_kept.py::test_killed_after_every_window_none_is_computed_twice",
            "test_real_engine.py::test_a_long_file_survives_kills_without_computing_a_window_twice",
        ),
    ),
    7: ("killed before the result is committed", (_POINTS,)),
    8: ("killed before the index is written", (_POINTS, _INDEX)),
    9: ("killed while the index is written or tidied", (_RANDOM, _POINTS, _INDEX)),
    10: (
        "killed between sending a webhook and noting it",
        (
            "test_webhook_restarts.py::"
            "test_a_webhook_that_was_sent_but_not_noted_comes_again_under_the_same_id",
        ),
    ),
    11: ("killed while a job is deleted", (_POINTS,)),
    12: (
        "killed during a migration",
        ("test_starts.py::test_a_migration_that_is_killed_half_way_is_finished_by_the_next_start",),
    ),
    13: (
        "killed during the recovery, twice running",
        ("test_starts.py::test_a_recovery_that_dies_twice_running_ends_the_same",),
    ),
    14: ("power cut", ("test_power.py::test_nothing_is_lost_when_the_power_is_cut",)),
    15: (
        "worker dies of a signal",
        ("test_workers.py::test_crashing_jobs_do_no_harm_to_the_good_jobs_among_them",),
    ),
    16: (
        "worker runs out of memory",
        ("test_workers.py::test_crashing_jobs_do_no_harm_to_the_good_jobs_among_them",),
    ),
    17: (
        "worker hangs or stands still",
        ("test_workers.py::test_crashing_jobs_do_no_harm_to_the_good_jobs_among_them",),
    ),
    18: (
        "worker dies in the middle of its answer",
        (f"{_POOL}::test_deaths_in_mid_result_never_hold_up_the_pool",),
    ),
    19: ("ffmpeg hangs", (f"{_FFMPEG}::test_ffmpeg_that_hangs_is_killed",)),
    33: (
        "disk full: upload",
        ("test_disks.py::test_a_nearly_full_disk_refuses_work_and_takes_it_again_by_itself",),
    ),
    34: (
        "disk full: decoded sound",
        (
            "test_disks.py::test_jobs_that_meet_a_full_disk_are_done_when_there_is_space_again",
            "unit/test_full_disk.py::test_sound_that_does_not_fit_is_a_full_disk",
        ),
    ),
    35: (
        "disk full: database",
        (
            "test_disks.py::test_jobs_that_meet_a_full_disk_are_done_when_there_is_space_again",
            "test_disks.py::test_a_death_on_a_full_disk_is_survived_too",
        ),
    ),
    36: (
        "disk full: index",
        ("test_disks.py::test_jobs_that_meet_a_full_disk_are_done_when_there_is_space_again",),
    ),
    37: (
        "database locked by another process",
        (
            "test_databases.py::test_a_database_that_is_locked_for_a_while_is_waited_for",
            "test_databases.py::test_a_database_that_stays_locked_is_told_and_recovers",
        ),
    ),
    38: (
        "database damaged",
        ("test_databases.py::test_a_damaged_database_stops_the_start_and_is_kept_as_it_is",),
    ),
    39: (
        "database older than its files",
        ("test_databases.py::test_files_that_are_newer_than_their_database_are_set_aside",),
    ),
    40: (
        "index damaged or gone",
        ("test_databases.py::test_an_index_that_is_lost_is_rebuilt_from_the_database",),
    ),
    41: (
        "the same request many times at once",
        ("test_stopping.py::test_fifty_requests_under_one_key_make_one_job",),
    ),
    42: (
        "two services on one folder",
        ("test_starts.py::test_a_second_service_on_one_folder_refuses_and_harms_nothing",),
    ),
    43: (
        "late result of a worker taken for dead",
        (
            "test_workers.py::test_crashing_jobs_do_no_harm_to_the_good_jobs_among_them",
            "contracts/test_job_store.py::test_a_stale_attempt_changes_nothing",
        ),
    ),
    44: (
        "restart with many pending and running jobs",
        ("test_starts.py::test_many_pending_jobs_are_taken_up_again_in_their_order_each_once",),
    ),
    45: (
        "a job that crashes its worker every time",
        (
            "test_workers.py::"
            "test_poison_is_a_dead_letter_after_three_crashes_and_completes_once_replayed",
        ),
    ),
    46: (
        "a job that takes the service with it",
        ("test_starts.py::test_a_job_that_takes_the_service_with_it_runs_alone_and_then_no_more",),
    ),
    47: (
        "cancelled at every stage",
        ("test_cancelled_stages.py::test_a_cancelled_job_is_nobodys_and_frees_its_place",),
    ),
    48: (
        "webhook target down",
        (
            "test_webhook_restarts.py::"
            "test_a_receiver_that_is_down_gets_its_webhook_after_a_restart",
            "unit/test_webhook_sender.py::"
            "test_a_closed_port_is_tried_for_three_days_then_given_up_and_replayed",
        ),
    ),
    49: (
        "webhook target slow or endless",
        (
            "contracts/test_webhook_poster.py::test_a_server_that_drips_its_headers_is_given_up",
            "contracts/test_webhook_poster.py::test_an_endless_answer_is_not_read_to_its_end",
            "unit/test_webhook_sender.py::"
            "test_a_slow_endpoint_gets_one_request_at_a_time_and_holds_up_no_other",
        ),
    ),
    50: (
        "webhook answered 3xx, 410, 429",
        (
            "contracts/test_webhook_poster.py::test_a_redirect_is_an_answer_and_is_not_followed",
            "unit/test_webhook_sender.py::test_410_disables_the_url_until_somebody_replays",
            "unit/test_webhook_sender.py::test_retry_after_is_honoured_and_capped",
        ),
    ),
    65: (
        "a path that leads out of its folder",
        (
            f"{_BENEATH}::test_500_names_lead_nowhere_else",
            "api/test_path_strings.py::test_as_a_path_to_take_in",
            "api/test_path_strings.py::test_in_an_address",
            "contracts/test_blob_store.py::test_no_key_leads_out_of_the_store",
        ),
    ),
    66: (
        "a link out of the folder, also one that came after the check",
        (
            f"{_BENEATH}::test_a_link_is_followed_nowhere_on_the_way",
            f"{_BENEATH}::"
            "test_a_file_that_is_swapped_for_links_and_pipes_yields_its_own_bytes_or_none",
            f"{_BENEATH}::test_a_folder_that_is_swapped_for_a_link_lets_nobody_out",
            "unit/test_source.py::test_readers_get_the_very_file_whatever_lies_in_its_place",
        ),
    ),
    67: (
        "a path to a pipe, a device or what a system makes up",
        (
            f"{_BENEATH}::test_only_a_regular_file_is_one_and_nobody_waits_for_a_pipe",
            f"{_BENEATH}::test_what_a_system_makes_up_is_no_file",
            "unit/test_changed_sources.py::"
            "test_what_is_no_file_any_more_when_its_job_begins_is_gone",
        ),
    ),
    68: (
        "a source that changes or goes while it is read",
        (
            f"{_CHANGED}::test_sound_that_libsndfile_decodes",
            f"{_CHANGED}::test_sound_that_ffmpeg_decodes",
            f"{_CHANGED}::test_key_frames",
            f"{_CHANGED}::test_a_picture",
            f"{_CHANGED}::test_a_text",
        ),
    ),
    83: (
        "clock two hours back, thirty days ahead",
        (
            "test_starts.py::test_clocks_that_are_wrong_at_the_start_cost_nothing",
            "unit/test_webhook_sender.py::test_a_clock_that_leaps_ahead_and_back_loses_nothing",
        ),
    ),
    84: (
        "SIGTERM under load",
        (
            "test_stopping.py::test_stops_under_load_end_well_and_cost_no_attempt",
            "test_stopping.py::test_a_stop_of_the_whole_group_costs_no_attempt",
        ),
    ),
    85: (
        "no file descriptors left",
        ("test_stopping.py::test_a_service_out_of_descriptors_refuses_and_recovers",),
    ),
    87: (
        "the log of the database grows",
        ("test_databases.py::test_a_long_reader_does_not_make_the_log_grow_for_ever",),
    ),
    88: (
        "backup under load",
        ("test_databases.py::test_a_backup_made_under_load_starts_as_a_whole_service",),
    ),
    89: (
        "disk becomes read-only, or is no longer ours",
        (
            "test_disks.py::"
            "test_while_the_disk_is_read_only_work_is_refused_and_jobs_wait_at_no_cost",
            "unit/test_denied_disk.py::test_a_folder_that_is_somebody_elses_by_now_is_told",
        ),
    ),
}
