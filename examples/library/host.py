from concurrent.futures import ThreadPoolExecutor

from process_data import Instance, process_data


def process(text: str) -> str:
    # Threads that use instances of their own run at the same time.
    with Instance() as instance:
        return instance.process_data(text)


print(process_data("a b c"))
with ThreadPoolExecutor() as threads:
    print(*threads.map(process, ["one", "one two", "one two three"]), sep="\n")
