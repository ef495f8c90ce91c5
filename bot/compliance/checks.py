"""
What measures each control: one function each, from real records to one finding.

Rule 1: a check reads and never writes; it names the records that are against the rule.
Rule 2: a room that is not there makes the finding `not_assessed`, with the reason.
Rule 3: the name in `controls.yml` is the name of the function; all of them stand here.
"""

from collections.abc import Mapping

from bot.compliance import record_checks, sending_checks, system_checks
from bot.compliance.asked import Check

CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        sending_checks.proactive_sends_have_consent,
        sending_checks.opt_outs_are_honoured,
        sending_checks.sends_have_a_yes,
        record_checks.consents_are_specific,
        record_checks.consents_expire,
        record_checks.access_requests_are_on_time,
        record_checks.deletion_requests_are_on_time,
        record_checks.consent_chain_holds,
        record_checks.audit_chain_holds,
        record_checks.decisions_are_explained,
        system_checks.configured_addresses_use_tls,
        system_checks.no_invoices_are_issued,
        system_checks.routes_ask_who_calls,
        system_checks.tenants_are_kept_apart,
    )
}
