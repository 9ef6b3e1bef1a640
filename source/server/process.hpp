#pragma once

namespace couplet::server {

/// On the thread that calls, which is enough for signals to the process: what prepare_process() holds back is delivered.
void let_signals_in() noexcept;

}  // namespace couplet::server
