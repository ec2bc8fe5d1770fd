//! Every clause of every port's contract, on the simulated cloud and on the adapters of AWS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

#[cfg(feature = "aws")]
mod live;
mod simulator;
#[cfg(feature = "aws")]
mod wired;

/// Makes three tests of each clause: on the simulator, on the adapters of AWS over its wire face, and on them before a live endpoint.
macro_rules! clauses {
    ($($port:ident { $($clause:ident)+ })+) => {
        mod on_simulator {
            $(mod $port {
                $(#[test]
                fn $clause() {
                    crate::simulator::run(|stage| Box::pin(support::contract::$port::$clause(stage)));
                })+
            })+
        }

        #[cfg(feature = "aws")]
        mod on_wire {
            $(mod $port {
                $(#[test]
                fn $clause() {
                    crate::wired::run(|stage| Box::pin(support::contract::$port::$clause(stage)));
                })+
            })+
        }

        #[cfg(feature = "aws")]
        mod on_aws {
            $(mod $port {
                $(#[test]
                #[cfg_attr(not(live), ignore = "no live endpoint: set CARETAKER_ENDPOINT")]
                fn $clause() {
                    crate::live::run(stringify!($clause), |stage| {
                        Box::pin(support::contract::$port::$clause(stage))
                    });
                })+
            })+
        }
    };
}

clauses! {
    clock {
        clock_1_now_does_not_go_back
        clock_2_sleep_waits_at_least_as_long
    }
    inventory {
        inventory_1_unknown_instance_is_none
        inventory_2_volumes_are_those_attached
        inventory_3_uses_name_every_image
        inventory_4_not_running_tells_every_tagged_one
        inventory_5_instance_store_is_told_by_type
        inventory_6_locks_name_every_locked_snapshot
        inventory_7_a_volume_is_absent_only_where_ec2_says_so
    }
    snapshots {
        snapshots_1_page_lists_own_by_all_tags
        snapshots_2_tokens_reach_every_page
        snapshots_3_set_covers_the_instance
        snapshots_4_tags_are_there_at_birth
        snapshots_5_create_is_not_repeated
        snapshots_6_gone_is_already_gone
        snapshots_7_in_use_is_an_answer
        snapshots_8_one_snapshot_of_one_volume
        snapshots_9_tag_adds_and_replaces
    }
    instances {
        instances_1_reboot_is_asked_once
        instances_2_unknown_instance_is_not_found
    }
    scaling {
        scaling_1_unknown_group_is_none
        scaling_2_group_tells_limits_and_instances
        scaling_3_set_desired_is_absolute
        scaling_4_out_of_bounds_is_an_answer
        scaling_5_setting_a_missing_group_is_an_answer
    }
    metrics {
        metrics_1_records_are_of_the_day
        metrics_2_tokens_reach_every_record
        metrics_3_numbers_keep_every_digit
        metrics_4_missing_table_is_not_found
        metrics_5_an_index_gives_the_same_records
    }
    archive {
        archive_1_what_was_written_is_read
        archive_2_an_object_is_never_replaced
        archive_3_nothing_is_seen_before_finish
        archive_4_head_tells_length_and_type
        archive_5_missing_object_is_none
    }
    notifier {
        notifier_1_subscribers_get_both_forms
        notifier_2_publish_is_not_repeated
        notifier_3_missing_topic_is_not_found
    }
    ledger {
        ledger_1_first_writer_wins
        ledger_2_swap_wants_the_version_it_read
        ledger_3_loser_is_told_the_winner
        ledger_4_read_sees_the_last_write
        ledger_5_open_keys_reach_every_entry_that_is_open_for_a_while
        ledger_6_what_may_be_forgotten_stands_until_it_is
        ledger_7_unlisted_keys_are_those_that_no_swap_listed
    }
    dynamodb {
        dynamodb_1_missing_table_is_not_found
        dynamodb_2_own_retried_write_is_won
        dynamodb_3_unlisted_keys_reach_every_open_item_without_the_index_key
    }
}
