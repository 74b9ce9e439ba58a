"""How long things take and how long they count."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Times in s (and one ramp in A).

    Attributes:
        meter_max_age_s: A meter reading older than this is stale.
        meter_frozen_s: A meter value unchanged for longer than this is stale.
        telemetry_max_age_s: A device reading older than this is stale; also the longest interval that is paid
            on the word of one measurement.
        lease_s: Life of a setpoint; renewed at half.
        min_write_interval_s: Least time between writes that increase; reductions never wait.
        compliance_grace_s: Time that a device has to follow a new setpoint.
        heartbeat_s: Longest time between two steps.
        increase_hold_s: No increase sooner than this after a reduction.
        ramp_a_per_step: Greatest increase of one write, A per phase.
        request_trigger_s: Load above the threshold for this long makes a request.
        answer_window_s: Time that a person has to answer.
        request_duration_s: Window of a request that the grid makes by itself.
        request_cooldown_s: Least time between two such requests on one feeder.
        request_round_s: Least time until those who found the rate too low are asked again at a higher one.
        release_step_s: Time between the release of one helper and of the next, after a request.
        release_hold_s: The longest that a helper waits for its release.
        baseline_window_s: How far a baseline looks back.
        plug_hold_s: A car that is reported to be gone is gone when that was reported for so long.
    """

    meter_max_age_s: float = 15.0
    meter_frozen_s: float = 120.0
    telemetry_max_age_s: float = 60.0
    lease_s: float = 60.0
    min_write_interval_s: float = 10.0
    compliance_grace_s: float = 30.0
    heartbeat_s: float = 5.0
    increase_hold_s: float = 60.0
    ramp_a_per_step: float = 2.0
    request_trigger_s: float = 10.0
    answer_window_s: float = 120.0
    request_duration_s: float = 900.0
    request_cooldown_s: float = 300.0
    request_round_s: float = 30.0
    release_step_s: float = 15.0
    release_hold_s: float = 300.0
    baseline_window_s: float = 300.0
    plug_hold_s: float = 20.0

    def scaled(self, speed: float) -> Timing:
        """Return times for a street whose clock runs `speed` times faster than its entities report.

        Only communication is stretched: processes (windows, holds, ramps) take their street time.
        """
        return replace(
            self,
            meter_max_age_s=self.meter_max_age_s * speed,
            meter_frozen_s=self.meter_frozen_s * speed,
            telemetry_max_age_s=self.telemetry_max_age_s * speed,
            lease_s=self.lease_s * speed,
            min_write_interval_s=self.min_write_interval_s * speed,
            compliance_grace_s=self.compliance_grace_s * speed,
            heartbeat_s=self.heartbeat_s * speed,
        )
