# Sourced by scripts without options: --help prints their head, and what they do not understand does nothing else.
# "arguments" is how many they take at most, none of which begins with a dash.
case "${1-}" in
  -h | --help)
    sed -n '2,/^set /s/^# //p' "$0"
    exit 0
    ;;
esac
unknown=
[ $# -le "${arguments:-0}" ] || unknown=1
case "${1-}" in
  -*) unknown=1 ;;
esac
if [ "$unknown" ]; then
  echo "scripts/$(basename "$0"): not understood: $*" >&2
  sed -n '2,/^set /s/^# //p' "$0" >&2
  exit 2
fi
