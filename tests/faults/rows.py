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
_FRAMES = "contracts/test_frame_taker.py"
_HOSTILE = "api/test_hostile_media.py"
_AGAIN = "unit/test_faster_whisper_contexts.py"
_CAGE = "contracts/test_confinement.py"
_WALLS = "api/test_walls.py"
_WARNINGS = "unit/test_media_warnings.py"
_SPELLINGS = "contracts/test_spellings.py"
_FETCHER = "contracts/test_media_fetcher.py"
_POSTER = "contracts/test_webhook_poster.py"
_SLOW = "e2e/test_slow_clients.py"
_CAPTIONS = "unit/test_captions.py"

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
    20: (
        "ffmpeg writes for ever",
        (
            f"{_FFMPEG}::test_an_ffmpeg_that_writes_without_end_is_stopped_by_the_kernel",
            f"{_CAGE}::test_what_writes_too_much_or_works_too_long_is_stopped_by_the_kernel",
            "api/test_too_long.py::test_a_medium_that_is_too_long_fails_at_once_with_its_code",
        ),
    ),
    21: (
        "a medium that was cut off",
        (
            f"{_FFMPEG}::test_a_cut_off_medium_gives_what_is_there_and_what_was_declared",
            f"{_FFMPEG}::test_a_recording_that_breaks_off_says_so_where_it_declares_nothing",
            f"{_FFMPEG}::test_a_wav_that_was_cut_off_declares_what_it_lacks",
            f"{_WARNINGS}::"
            "test_a_medium_that_was_cut_off_tells_of_the_seconds_it_has_and_should_have",
        ),
    ),
    22: (
        "a video that lost its index",
        (
            f"{_FFMPEG}::test_a_recording_that_lost_its_index_is_unreadable_in_ffmpegs_words",
            "api/test_jobs.py::test_a_truncated_video_fails_with_the_words_of_ffmpeg",
        ),
    ),
    23: (
        "no bytes at all",
        (
            "api/test_ingest.py::test_an_empty_upload_is_refused",
            "unit/test_upload_service.py::test_an_upload_of_nothing_is_refused",
            f"{_FFMPEG}::test_an_empty_file_is_called_empty",
        ),
    ),
    24: (
        "text or noise under the name of a medium",
        (
            "api/test_jobs.py::test_what_is_no_medium_fails_at_once_with_code_and_reason",
            f"{_FFMPEG}::test_what_is_no_medium_is_unreadable_and_the_message_hides_our_paths",
        ),
    ),
    25: (
        "a medium of ten hours",
        ("unit/test_ten_hours.py::test_ten_hours_are_heard_in_little_memory",),
    ),
    26: (
        "no sound",
        (
            f"{_FFMPEG}::test_a_video_without_sound_has_no_audio",
            "api/test_jobs.py::test_a_video_without_sound_completes_with_a_warning",
            "api/test_jobs.py::test_a_medium_with_neither_sound_nor_picture_fails_as_such",
        ),
    ),
    27: (
        "samples that are no numbers",
        (
            f"{_FFMPEG}::test_samples_that_are_no_numbers_become_silence",
            f"{_WARNINGS}::test_samples_that_are_no_numbers_are_counted",
        ),
    ),
    28: (
        "no samples, or less than a second of them",
        (
            f"{_FFMPEG}::test_a_medium_of_no_samples_holds_no_audio",
            f"{_WARNINGS}::test_less_than_a_second_is_a_medium_like_others",
            "contracts/test_transcription_engine.py::"
            "test_a_window_of_less_than_a_second_is_no_trouble",
        ),
    ),
    29: (
        "an engine that says the same over and over",
        (
            "unit/test_repetition.py::test_a_phrase_that_there_is_no_sound_for_was_made_up",
            f"{_AGAIN}::test_it_is_told_why_a_window_was_heard_again_and_what_helped",
            f"{_AGAIN}::test_what_is_said_once_too_often_is_better_than_nothing_and_a_loop_is_not",
            "unit/test_whisper_cpp_heard.py::test_a_loop_is_repetition",
            "contracts/test_whisper_cpp_engine.py::test_a_loop_is_heard_again_and_told",
            "unit/test_transcribe.py::test_what_was_repaired_is_told_in_the_order_of_time",
            "contracts/test_transcription_engine.py::"
            "test_what_is_really_said_again_and_again_is_not_left_out",
        ),
    ),
    30: (
        "a header that lies",
        (
            f"{_FFMPEG}::test_a_header_that_promises_4_gib_is_not_believed",
            f"{_FFMPEG}::test_gaps_between_time_stamps_are_not_filled_with_a_day_of_silence",
            f"{_FFMPEG}::test_a_gap_of_a_day_is_left_out_and_the_day_is_missed",
            "unit/test_allowance.py::"
            "test_a_few_bytes_are_neither_a_day_of_sound_nor_a_minute_of_work",
        ),
    ),
    31: (
        "streams by the hundred, a picture that is a bomb",
        (
            f"{_FFMPEG}::test_of_many_streams_the_first_is_heard",
            f"{_FFMPEG}::test_of_more_streams_than_anybody_needs_something_is_heard_or_nothing",
            f"{_FRAMES}::test_the_picture_on_a_records_cover_is_no_key_frame",
            f"{_HOSTILE}::test_of_a_thousand_tracks_none_is_heard",
            f"{_HOSTILE}::test_a_bomb_on_a_records_cover_is_not_looked_at",
            f"{_HOSTILE}::test_a_film_of_larger_pictures_than_anybody_films_is_heard_and_not_seen",
            f"{_HOSTILE}::test_an_archive_in_a_medium_is_let_be",
            "contracts/test_pictures.py::test_a_bomb_is_refused_before_it_goes_off",
            "api/test_picture_jobs.py::test_a_bomb_fails_its_job_before_it_goes_off",
        ),
    ),
    32: (
        "a packed bomb",
        (
            f"{_FFMPEG}::test_a_packed_bomb_is_no_medium_and_is_never_unpacked",
            "api/test_jobs.py::test_what_is_no_medium_fails_at_once_with_code_and_reason",
        ),
    ),
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
    51: (
        "an address inside, in any spelling",
        (
            f"{_SPELLINGS}::test_no_spelling_in_a_url_is_taken",
            f"{_SPELLINGS}::test_no_spelling_in_a_webhook_is_called",
            f"{_FETCHER}::test_an_address_inside_is_refused_in_every_spelling",
            "unit/test_addresses.py::test_addresses_that_lead_inside_do_not",
            "api/test_ingest_sources.py::test_a_url_that_leads_inside_is_forbidden",
        ),
    ),
    52: (
        "a name that changes its mind, or has many addresses",
        (
            f"{_SPELLINGS}::test_a_name_that_leads_inside_once_it_is_vetted_is_not_followed",
            f"{_FETCHER}::test_a_name_that_changes_its_mind_is_asked_only_once",
            f"{_FETCHER}::test_one_inside_address_among_public_ones_is_enough_to_refuse",
            f"{_POSTER}::test_the_address_that_was_vetted_is_dialled_under_the_name",
            f"{_FETCHER}::test_a_certificate_is_checked_against_the_name_and_not_the_address",
        ),
    ),
    53: (
        "a redirect to an address inside",
        (
            f"{_SPELLINGS}::test_no_spelling_in_a_redirect_is_followed",
            f"{_FETCHER}::test_a_redirect_inside_is_refused",
            f"{_FETCHER}::test_redirects_end_after_a_few",
            f"{_FETCHER}::test_https_is_not_redirected_to_http",
            "api/test_ingest_sources.py::test_a_download_that_redirects_inside_fails_its_job",
        ),
    ),
    54: (
        "a download that is endless, slow, packed, or lies about its length",
        (
            f"{_FETCHER}::test_a_source_that_never_ends_is_given_up",
            f"{_FETCHER}::test_a_source_that_drips_is_given_up",
            f"{_FETCHER}::test_a_source_that_drips_its_headers_is_given_up",
            f"{_FETCHER}::test_a_bad_server_is_an_error_of_its_own_and_leaves_nothing",
            f"{_FETCHER}::test_the_request_asks_for_plain_bytes_and_keeps_the_host",
            f"{_FETCHER}::test_what_declares_nothing_ends_where_the_reserve_begins",
            "api/test_downloads.py::"
            "test_a_source_larger_than_the_disk_fills_nothing_and_fails_its_job",
        ),
    ),
    55: (
        "a proxy in the environment",
        (
            f"{_FETCHER}::test_proxies_of_the_environment_are_not_asked",
            f"{_POSTER}::test_proxy_variables_are_not_looked_at",
            "contracts/test_openai_engine.py::test_proxies_of_the_environment_are_not_asked",
        ),
    ),
    56: (
        "JSON that is huge or deep",
        (
            "api/test_ingest.py::test_json_has_a_limit",
            "unit/test_json_body.py::test_of_a_body_without_end_no_more_is_read_than_it_may_have",
            "unit/test_json_body.py::test_what_is_too_deep_is_refused",
            "unit/test_json_body.py::"
            "test_of_millions_of_values_no_more_are_read_than_anybody_needs",
            "api/test_error_shape.py::test_no_json_is_a_fault",
        ),
    ),
    57: (
        "a client that is slow",
        (
            f"{_SLOW}::test_a_head_that_drips_is_cut_however_steadily_it_does",
            f"{_SLOW}::test_a_body_of_a_byte_now_and_then_is_cut",
            f"{_SLOW}::test_an_idle_connection_is_closed_without_a_word",
            f"{_SLOW}::test_a_thousand_slow_clients_do_not_stop_real_requests",
            "unit/test_edge.py::test_from_one_address_no_more_are_let_in_than_its_share",
            "unit/test_edge.py::test_of_a_flood_of_connections_only_the_first_are_told_why_not",
        ),
    ),
    58: (
        "a head without end",
        (
            f"{_SLOW}::test_a_head_that_is_too_long_is_told_so",
            f"{_SLOW}::test_an_address_that_is_too_long_is_told_so",
        ),
    ),
    59: (
        "a client that goes in the middle of an upload",
        (
            "api/test_ingest.py::test_a_client_that_hangs_up_leaves_neither_file_nor_job",
            "unit/test_upload_service.py::test_what_came_before_the_line_broke_is_kept",
            "api/test_upload_expiry.py::"
            "test_an_upload_whose_time_is_over_is_gone_with_row_and_file",
        ),
    ),
    60: (
        "two that write to one upload",
        (
            "api/test_uploads.py::test_of_many_that_write_at_once_no_two_mix",
            "api/test_uploads.py::test_who_comes_later_takes_over",
        ),
    ),
    61: (
        "a length that lies, chunks that are none",
        (
            f"{_SLOW}::test_more_than_was_announced_is_no_part_of_the_body",
            f"{_SLOW}::test_less_than_was_announced_leaves_nothing",
            f"{_SLOW}::test_an_encoding_that_nobody_knows_is_refused",
            f"{_SLOW}::test_rubbish_in_the_middle_of_a_body_is_refused",
        ),
    ),
    62: (
        "a form that is none",
        (
            "unit/test_forms.py::test_what_belongs_to_no_part_of_a_form_does_not_go_on_for_ever",
            "unit/test_forms.py::test_a_form_of_too_many_fields_is_refused_before_it_is_read",
            "unit/test_forms.py::test_a_boundary_is_not_as_long_as_a_head_may_be",
            "api/test_ingest.py::test_a_broken_form_is_refused",
        ),
    ),
    63: (
        "ranges by the thousand",
        (
            "unit/test_ranges.py::test_of_several_stretches_all_is_sent_once",
            "api/test_media.py::test_what_is_no_single_range_is_answered_with_all",
        ),
    ),
    64: (
        "a host or a path that the guard and the route read apart",
        (
            "api/test_host_tricks.py::test_whatever_the_host_is_called_a_closed_route_stays_closed",
            "api/test_host_tricks.py::test_however_a_path_is_spelt_no_closed_route_opens",
            "api/test_cross_site.py::test_a_foreign_name_that_points_here_is_refused",
        ),
    ),
    65: (
        "a path that leads out of its folder",
        (
            f"{_BENEATH}::test_500_names_lead_nowhere_else",
            "api/test_path_strings.py::test_as_a_path_to_take_in",
            "api/test_path_strings.py::test_in_an_address",
            "contracts/test_blob_store.py::test_no_key_leads_out_of_the_place",
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
    69: (
        "a medium that names files and addresses",
        (
            "contracts/test_exfiltration.py::test_what_a_medium_names_is_neither_read_nor_dialled",
            "contracts/test_exfiltration.py::test_the_bait_can_be_heard_and_can_be_dialled",
            f"{_FFMPEG}::test_a_playlist_never_reads_another_file",
            f"{_FRAMES}::test_a_playlist_never_reads_another_file",
        ),
    ),
    70: (
        "a decoder that is taken over, or crashes",
        (
            f"{_CAGE}::test_what_decodes_opens_no_door",
            f"{_CAGE}::test_each_wall_stands_by_itself",
            f"{_CAGE}::test_what_is_missing_is_told",
            f"{_WALLS}::test_what_this_machine_lacks_is_told_at_the_start_and_no_more",
            f"{_WALLS}::test_where_there_are_no_walls_at_all_media_are_taken_in_all_the_same",
            f"{_FFMPEG}::test_a_decoder_that_was_taken_over_is_not_believed",
            f"{_HOSTILE}::test_a_decoder_that_dies_costs_its_job_one_attempt_and_nobody_else",
            f"{_FFMPEG}::"
            "test_a_crash_of_ffmpeg_is_the_mediums_fault_and_a_kill_from_outside_is_not",
        ),
    ),
    71: (
        "a file name that is an option",
        (
            f"{_FFMPEG}::test_a_name_is_only_a_name",
            f"{_FRAMES}::test_a_name_is_only_a_name",
            "api/test_ingest.py::test_a_hostile_file_name_is_only_a_name",
            "api/test_path_strings.py::test_as_the_name_of_an_upload",
        ),
    ),
    72: (
        "a key that is missing, wrong, over, revoked, or may not do this",
        (
            "api/test_keys.py::test_no_route_opens_without_a_key",
            "api/test_keys.py::test_no_route_opens_to_a_key_that_is_expired_or_revoked",
            "api/test_keys.py::test_no_route_opens_to_a_foreign_scope",
            "api/test_key_states.py::test_no_route_opens_to_what_is_no_key",
        ),
    ),
    73: (
        "a key guessed by the time that it takes",
        (
            "unit/test_key_service.py::test_a_secret_is_compared_with_nothing_but_digested",
            "contracts/test_key_store.py::"
            "test_a_key_is_found_by_the_digest_of_its_secret_and_nothing_else",
        ),
    ),
    74: (
        "keys tried by the thousand",
        (
            "unit/test_limits.py::test_ten_thousand_wrong_keys_cost_thirty_looks",
            "unit/test_limits.py::test_what_is_kept_of_those_who_try_does_not_grow",
            "api/test_rate_limits.py::"
            "test_who_tries_wrong_keys_has_to_wait_but_not_who_has_the_right_one",
        ),
    ),
    75: (
        "a filter that is a query",
        (
            "contracts/test_vector_index.py::test_no_string_makes_a_filter_wider",
            "api/test_filters.py::test_no_string_finds_what_it_does_not_name",
        ),
    ),
    76: (
        "words to search for that are commands",
        (
            "contracts/test_vector_index.py::test_no_query_is_an_error",
            "api/test_search_route.py::test_words_are_words_and_no_commands",
        ),
    ),
    77: (
        "a script in what strangers write",
        (
            "browser/test_strangers_words.py::"
            "test_what_a_stranger_writes_is_text_wherever_it_stands",
            "browser/test_strangers_words.py::test_the_lists_show_what_strangers_write_as_text",
            "browser/test_strangers_files.py::"
            "test_nothing_runs_of_a_document_that_came_as_a_medium",
            "unit/test_written_pages.py::"
            "test_whatever_strangers_write_the_page_has_its_own_elements_and_no_other",
            "api/test_media.py::test_what_could_run_in_a_browser_is_never_shown",
        ),
    ),
    78: (
        "a page of another site",
        (
            "api/test_cross_site.py::test_a_page_elsewhere_may_change_nothing",
            "api/test_cross_site.py::test_every_answer_is_what_it_says_and_for_our_own_pages",
            "api/test_session.py::test_a_page_elsewhere_changes_nothing_by_the_cookie",
        ),
    ),
    79: (
        "a formula in a table",
        (
            f"{_CAPTIONS}::test_no_cell_is_a_formula",
            f"{_CAPTIONS}::test_a_spreadsheet_reads_back_of_tsv_whatever_was_said",
        ),
    ),
    80: (
        "a cue within a cue",
        (
            f"{_CAPTIONS}::test_a_subtitle_library_reads_back_of_srt_whatever_was_said",
            f"{_CAPTIONS}::test_a_subtitle_library_reads_back_of_vtt_whatever_was_said",
            f"{_CAPTIONS}::test_no_markup_of_the_speaker_is_markup_in_srt",
            f"{_CAPTIONS}::test_no_time_that_is_said_is_a_time_in_lrc",
            "api/test_result_formats.py::test_hostile_text_makes_no_cue_of_its_own",
        ),
    ),
    81: (
        "a line of the log that a stranger wrote",
        (
            "unit/test_logs.py::test_whatever_is_said_a_line_is_one_line_without_keys",
            "unit/test_logs.py::test_whatever_strangers_write_a_record_is_one_without_keys",
            "unit/test_logs.py::test_a_line_is_not_longer_than_a_few_pages",
            "e2e/test_secrets.py::test_a_path_makes_no_line_of_the_log",
            "e2e/test_secrets.py::test_what_an_endpoint_repeats_of_its_key_stands_nowhere",
        ),
    ),
    82: (
        "a header in a file name",
        (
            "unit/test_content_types.py::test_whatever_a_file_is_called_its_name_is_one_header",
            "unit/test_content_types.py::test_a_client_reads_back_whatever_a_file_is_called",
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
    86: (
        "the loop stands still",
        (
            "unit/test_watchdog.py::test_a_block_in_a_loop_that_runs_is_named",
            "unit/test_watchdog.py::"
            "test_it_tells_how_long_nobody_was_answered_and_where_the_loop_stood",
            "unit/test_json_body.py::test_a_name_that_comes_twice_is_refused",
            "unit/test_forms.py::test_of_labels_by_the_thousand_none_is_copied_again_for_the_next",
            "unit/test_json_body.py::test_labels_in_a_text_without_end_are_not_even_parted",
        ),
    ),
    87: (
        "the log of the database grows",
        ("test_databases.py::test_a_long_reader_does_not_make_the_log_grow_for_ever",),
    ),
    88: (
        "backup under load",
        (
            "test_backups.py::test_a_backup_made_under_load_starts_as_a_whole_service",
            "test_backups.py::test_a_backup_that_is_killed_is_none",
            "test_backups.py::test_a_restore_that_is_killed_can_be_made_again",
        ),
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
