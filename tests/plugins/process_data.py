"""The example of a component that is called with a text: once, and from several threads."""

from concurrent.futures import ThreadPoolExecutor

from process_data import Instance, process_data


def with_own_instance(text: str) -> str:
    with Instance() as instance:
        return instance.process_data(text)


print(process_data("a b c"))
texts = ["word " * number for number in range(1, 101)]
with ThreadPoolExecutor(4) as threads:
    results = list(threads.map(process_data, texts))
    print(results == list(threads.map(with_own_instance, texts)) == [f"Processed {number} words" for number in range(1, 101)])
